import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cutoverBench, killing } from '../support/cutover-bench.ts'

describe('cutover', () => {
  test('brings the first backend into nginx, then another one in two phases, and stops the old one last', async () => {
    const bench = await cutoverBench()
    const [a, b] = [await bench.backend('a'), await bench.backend('b')]
    const first = await bench.run({ newBackends: [a.address] })
    expect({ status: first.status, values: first.results.values }).toMatchObject({
      status: 0,
      values: { active: [a.address], previous: [], generation: 1 },
    })
    await bench.serve()

    const second = await bench.run({ newBackends: [b.address], stopCommand: killing(a) })
    expect({ status: second.status, log: second.log }).toMatchObject({ status: 0 })
    expect(second.results.values).toMatchObject({
      active: [b.address],
      previous: [a.address],
      generation: 3,
      changed: true,
    })
    expect(second.results.report).toBe(`shop is served by ${b.address} since generation 3`)
    expect(await bench.state()).toBe(`steady ${b.address} ${a.address} 3`)
    expect(await bench.backends()).toEqual([b.address])
    expect(a.isAlive()).toBe(false)
    expect(await bench.answering()).toEqual(['b'])
    expect(await bench.besides()).toEqual(['.shop.conf.lock', 'shop.conf'])
  })

  test('says so and changes nothing when the backends serve already', async () => {
    const bench = await cutoverBench()
    const a = await bench.served()
    const before = [await bench.workers(), await bench.state()]
    const again = await bench.run({ newBackends: [a.address], stopCommand: 'echo must not run' })
    expect(again).toMatchObject({ status: 0, results: { values: { changed: false, active: [a.address] } } })
    expect(again.log).not.toContain('must not run')
    expect([await bench.workers(), await bench.state()]).toEqual(before)
  })

  test('lets both serve between two calls, and ends that in either direction', async () => {
    const bench = await cutoverBench()
    const a = await bench.served()
    const b = await bench.backend('b')
    const added = await bench.run({ newBackends: [b.address], phase: 'add' })
    expect(added.results.report).toBe(
      `shop is served by ${[a.address, b.address].toSorted().join(', ')}; phase: 'remove' or 'undo' ends that`,
    )
    expect(await bench.answering()).toEqual(['a', 'b'])

    const other = await bench.run({ newBackends: ['127.0.0.1:9'] })
    expect(other.status).toBe(1)
    expect(other.log).toContain(`a cutover of shop to ${b.address} was begun and not finished: both`)
    expect(await bench.answering()).toEqual(['a', 'b'])

    expect(await bench.run({ phase: 'undo' })).toMatchObject({
      status: 0,
      results: { values: { active: [a.address] } },
    })
    expect(await bench.answering()).toEqual(['a'])
    expect(b.isAlive()).toBe(true)

    await bench.run({ newBackends: [b.address], phase: 'add' })
    const removed = await bench.run({ phase: 'remove', stopCommand: killing(a) })
    expect({ status: removed.status, values: removed.results.values }).toMatchObject({
      status: 0,
      values: { active: [b.address], previous: [a.address] },
    })
    expect([a.isAlive(), await bench.answering()]).toEqual([false, ['b']])
  })

  test('goes back to what served before, but only when that is healthy', async () => {
    const bench = await cutoverBench()
    const a = await bench.served()
    const b = await bench.backend('b')
    await bench.run({ newBackends: [b.address] })
    expect(await bench.run({ phase: 'undo' })).toMatchObject({
      status: 0,
      results: { values: { active: [a.address] } },
    })
    expect(await bench.answering()).toEqual(['a'])

    await b.kill()
    const back = await bench.run({ phase: 'undo', healthTimeout: '1s' })
    expect(back.status).toBe(1)
    expect(back.log).toContain(`${b.address} was not healthy within 1s`)
    expect(await bench.answering()).toEqual(['a'])
  })

  test('replaces several backends by several, keeps one that is in both, and goes back to all of them', async () => {
    const bench = await cutoverBench()
    const [a, b, c] = [await bench.served(), await bench.backend('b'), await bench.backend('c')]
    const before = [a.address, b.address].toSorted()
    await bench.run({ newBackends: before.toReversed() })
    expect(await bench.answering()).toEqual(['a', 'b'])
    const after = { newBackends: [b.address, c.address] }

    await bench.run({ ...after, phase: 'add' })
    expect(await bench.answering()).toEqual(['a', 'b', 'c'])
    expect(await bench.run({ phase: 'undo' })).toMatchObject({ results: { values: { active: before } } })
    expect(await bench.answering()).toEqual(['a', 'b'])

    const stopCommand = `[ "$CUTOVER_OLD" = ${a.address} ] && ${killing(a)}`
    expect(await bench.run({ ...after, stopCommand })).toMatchObject({
      status: 0,
      results: { values: { active: after.newBackends.toSorted(), previous: before } },
    })
    expect([await bench.answering(), a.isAlive()]).toEqual([['b', 'c'], false])
  })

  test('waits for its turn when another cutover is under way, and then goes on from what that left', async () => {
    const bench = await cutoverBench()
    const a = await bench.served()
    const [b, c] = [await bench.backend('b'), await bench.backend('c')]
    const one = await bench.call({ newBackends: [b.address], stopCommand: 'sleep 1' })
    const two = await bench.call({ newBackends: [c.address] })
    const first = one.start('run')
    await bench.waitForState('adding')
    const impatient = await bench.run({ newBackends: [c.address], lockTimeout: '0s' })
    expect(impatient.log).toContain('another cutover holds')
    expect(await two.phase('run')).toMatchObject({
      status: 0,
      results: { values: { previous: [b.address] } },
    })
    expect(await first.ended).toMatchObject({ status: 0, results: { values: { previous: [a.address] } } })
  })

  test('lets several apps share an nginx and the port of the generation', async () => {
    const bench = await cutoverBench()
    await bench.served()
    const [b, c] = [await bench.backend('b'), await bench.backend('c')]
    const cart = { app: 'cart', configFile: join(bench.folder, 'conf.d/cart.conf') }
    expect(await bench.run({ ...cart, newBackends: [c.address] })).toMatchObject({ status: 0 })
    expect(await bench.run({ newBackends: [b.address] })).toMatchObject({
      status: 0,
      results: { values: { generation: 3 } },
    })
    expect(await bench.run({ ...cart, newBackends: [c.address] })).toMatchObject({
      status: 0,
      results: { values: { generation: 1, changed: false } },
    })
  })

  test('works while one of the members of etcd is down', async () => {
    const bench = await cutoverBench()
    const a = await bench.served()
    const b = await bench.backend('b')
    const endpoints = ['http://127.0.0.1:9', bench.etcd.endpoint]
    expect(await bench.run({ endpoints, newBackends: [b.address], stopCommand: killing(a) })).toMatchObject({
      status: 0,
    })
    expect(await bench.answering()).toEqual(['b'])
  })

  test('leaves a file alone that somebody else wrote', async () => {
    const bench = await cutoverBench()
    const a = await bench.backend('a')
    await writeFile(bench.configFile, 'upstream mine { server 127.0.0.1:1; }\n')
    const { status, log } = await bench.run({ newBackends: [a.address] })
    expect(status).toBe(1)
    expect(log).toContain('was not written by this step')
    expect(await bench.file()).toContain('upstream mine')
    expect([await bench.state(), await bench.backends()]).toEqual(['', []])
  })

  test('asks no proxy of the agent for a backend, and no settings of curl', async () => {
    const bench = await cutoverBench()
    const a = await bench.backend('a')
    await writeFile(join(bench.folder, '.curlrc'), 'fail\nproxy = "http://127.0.0.1:9"\n')
    const call = await bench.call(
      { newBackends: [a.address] },
      {
        http_proxy: 'http://127.0.0.1:9',
        HOME: bench.folder,
        ETCDCTL_ENDPOINTS: 'http://127.0.0.1:9',
        ETCDCTL_USER: 'x:y',
      },
    )
    expect(await call.phase('run')).toMatchObject({ status: 0 })
  })
})
