import { rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from '../../../core/process.ts'
import { until } from '../../support/until.ts'
import { cutoverBench, killing, processesAbout } from '../support/cutover-bench.ts'
import { startLoad } from '../support/load.ts'

describe('a cutover that fails', () => {
  test('touches nothing when the new backend is not healthy', async () => {
    const bench = await cutoverBench()
    await bench.served()
    const b = await bench.backend('b')
    const before = [await bench.file(), await bench.state(), await bench.workers()]
    const { status, log } = await bench.run({
      newBackends: [b.address],
      healthPath: '/status/503',
      healthTimeout: '1s',
    })
    expect(status).toBe(1)
    expect(log).toContain(`${b.address} was not healthy within 1s: /status/503 has to answer with 2xx`)
    expect([await bench.file(), await bench.state(), await bench.workers()]).toEqual(before)
  })

  test('puts the file and etcd back when nginx refuses its whole configuration', async () => {
    const bench = await cutoverBench()
    const a = await bench.served()
    const b = await bench.backend('b')
    const before = await bench.file()
    await writeFile(join(bench.folder, 'conf.d/broken.conf'), 'server { nonsense on; }\n')
    const { status, log } = await bench.run({ newBackends: [b.address] })
    expect(status).toBe(1)
    expect(log).toContain('unknown directive "nonsense"')
    expect(log).toContain('nginx never left generation 1')
    expect(await bench.file()).toBe(before)
    expect(await bench.state()).toBe(`steady ${a.address} - 1`)
    expect([await bench.backends(), await bench.answering()]).toEqual([[a.address], ['a']])
    expect(await bench.besides()).toEqual(['.shop.conf.lock', 'broken.conf', 'shop.conf'])
  })

  test('says that neither backend may be stopped when it cannot be taken back, and ends it later', async () => {
    const bench = await cutoverBench()
    const a = await bench.served()
    const b = await bench.backend('b')
    await bench.run({ newBackends: [b.address], phase: 'add' })
    await writeFile(join(bench.folder, 'conf.d/broken.conf'), 'server { nonsense on; }\n')
    const failed = await bench.run({ phase: 'remove', stopCommand: killing(a) })
    expect(failed.status).toBe(1)
    expect(failed.log).toContain('no backend may be stopped, neither old nor new')
    expect([a.isAlive(), b.isAlive()]).toEqual([true, true])
    expect([await bench.answering(), await bench.state()]).toEqual([
      ['a', 'b'],
      `undoing ${b.address} ${a.address} 4`,
    ])

    await rm(join(bench.folder, 'conf.d/broken.conf'))
    expect(await bench.run({ phase: 'undo' })).toMatchObject({ status: 0 })
    expect([await bench.answering(), await bench.state()]).toEqual([['a'], `steady ${a.address} - 4`])
  })

  test('notices that nginx did not take the file although its reload ended well', async () => {
    const bench = await cutoverBench()
    const a = await bench.served()
    const b = await bench.backend('b')
    // nginx looks at its files and finds nothing wrong; it learns that the port is taken when it reloads.
    const squatter = createServer().listen(0, '127.0.0.1')
    const port = await until('it listens', () => {
      const address = squatter.address()
      return address !== null && typeof address !== 'string' && address.port
    })
    const before = await bench.file()
    const { status, log } = await bench.run({
      newBackends: [b.address],
      generationPort: port,
      reloadTimeout: '4s',
    })
    squatter.close()
    expect(status).toBe(1)
    expect(log).toContain('nginx did not serve generation 2 within 4s')
    expect(await bench.errorLog()).toContain('Address already in use')
    expect([await bench.file(), await bench.answering()]).toEqual([before, ['a']])
    expect(a.isAlive()).toBe(true)
  })

  test('goes back from the second phase when the new backend dies while it is watched', async () => {
    const bench = await cutoverBench()
    const a = await bench.served()
    const b = await bench.backend('b')
    const call = await bench.call({
      newBackends: [b.address],
      verifyUrl: bench.url,
      soak: '60s',
      stopCommand: killing(a),
    })
    const phase = call.start('run')
    await bench.waitForState('removing')
    await until('b serves alone', async () => String(await bench.answering()) === 'b')
    await b.kill()
    const { status, log } = await phase.ended
    expect(status).toBe(1)
    expect(log).toContain(`${bench.url} does not answer with 2xx`)
    expect(log).toContain(`takes shop back to ${a.address}`)
    expect([await bench.answering(), await bench.state()]).toEqual([['a'], `steady ${a.address} - 4`])
  })

  test('refuses an upstream that would be empty', async () => {
    const bench = await cutoverBench()
    const a = await bench.served()
    const b = await bench.backend('b')
    await bench.run({ newBackends: [b.address], phase: 'add' })
    // Somebody meddles with the keys.
    await bench.etcd.ctl('del', '--prefix', '/footman/apps/shop/backends/')
    const { status, log } = await bench.run({ phase: 'remove', stopCommand: killing(a) })
    expect(status).toBe(1)
    expect(log).toContain('an empty upstream is refused')
    expect(await bench.answering()).toEqual(expect.arrayContaining(['a']))
    expect(a.isAlive()).toBe(true)

    const check = join(import.meta.dirname, '../../../templates/resources/cutover/check-upstream.sh')
    await writeFile(join(bench.folder, 'empty'), 'upstream shop {\n}\n')
    const checked = await run(['bash', check, join(bench.folder, 'empty')], { timeoutMs: 10_000 })
    expect(checked).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('an empty upstream is refused'),
    })
  })

  test('stops nothing when etcd is lost in the middle, and nginx goes on', async () => {
    const bench = await cutoverBench()
    const a = await bench.served()
    const b = await bench.backend('b')
    await bench.run({ newBackends: [b.address], phase: 'add' })
    await bench.etcd.stop()
    const { status, log } = await bench.run({ phase: 'remove', stopCommand: killing(a), etcdTimeout: '1s' })
    expect(status).toBe(1)
    expect(log).toContain('0 of 1 members answer, and 1 are needed')
    expect(log).not.toContain('unbound variable')
    expect(a.isAlive()).toBe(true)
    expect(await bench.answering()).toEqual(['a', 'b'])
  })

  test('does not mix with a cutover of another machine', async () => {
    const bench = await cutoverBench()
    await bench.served()
    const b = await bench.backend('b')
    const call = await bench.call({ newBackends: [b.address], verifyUrl: bench.url, soak: '3s' })
    const phase = call.start('run')
    await bench.waitForState('removing')
    await bench.etcd.ctl('put', '/footman/apps/shop/state', await bench.state())
    const { status, log } = await phase.ended
    expect(status).toBe(1)
    expect(log).toContain('another cutover of shop is at work')
  })

  test('stays where it is when only stopping fails, and the same call tries again', async () => {
    const bench = await cutoverBench()
    const a = await bench.served()
    const b = await bench.backend('b')
    const failed = await bench.run({ newBackends: [b.address], stopCommand: 'exit 7' })
    expect(failed.status).toBe(1)
    expect(failed.log).toContain(
      `${b.address} serves alone, but ${a.address} could not be stopped: exit code 7`,
    )
    expect([await bench.answering(), await bench.state()]).toEqual([
      ['b'],
      `stopping ${b.address} ${a.address} 3`,
    ])
    expect(await bench.run({ newBackends: [b.address], stopCommand: killing(a) })).toMatchObject({
      status: 0,
    })
    expect([a.isAlive(), await bench.state()]).toEqual([false, `steady ${b.address} ${a.address} 3`])
  })
})

describe('old connections', () => {
  test('are finished before the old backend is stopped', async () => {
    const bench = await cutoverBench()
    const a = await bench.served()
    const b = await bench.backend('b')
    const slow = fetch(`${bench.url}slow`).then((answer) => answer.text())
    expect(await bench.run({ newBackends: [b.address], stopCommand: killing(a) })).toMatchObject({
      status: 0,
    })
    expect(await slow).toBe('piece\n'.repeat(10))
  })

  test.each([
    ['wait', 1, 'still serve old connections after 1s', ['a']],
    ['cut', 0, 'cuts the connections that are still open after 1s', ['b']],
  ] as const)('that outlast drainTimeout: %s', async (longConnections, expected, says, serving) => {
    const bench = await cutoverBench()
    const a = await bench.served()
    const b = await bench.backend('b')
    const parameters = {
      newBackends: [b.address],
      drainTimeout: '1s',
      longConnections,
      stopCommand: killing(a),
    }
    const slow = fetch(`${bench.url}endless`)
      .then((answer) => answer.text())
      .catch(() => 'cut')
    const { status, log } = await bench.run(parameters)
    expect({ status, log }).toMatchObject({ status: expected })
    expect(log).toContain(says)
    expect(await bench.answering()).toEqual(serving)
    expect(a.isAlive()).toBe(longConnections === 'wait')
    expect(await bench.state()).toMatch(/^steady /)
    if (longConnections === 'wait') await a.kill()
    expect(await slow).toBe('cut')
  })
})

describe('a cutover that is ended', () => {
  test('by SIGTERM goes back, and leaves no process behind', async () => {
    const bench = await cutoverBench()
    const a = await bench.served()
    const b = await bench.backend('b')
    const call = await bench.call({
      newBackends: [b.address],
      verifyUrl: bench.url,
      soak: '60s',
      stopCommand: killing(a),
    })
    const phase = call.start('run')
    await bench.waitForState('removing')
    phase.process.kill('SIGTERM')
    expect(await phase.ended).toMatchObject({ status: 143 })
    expect(await call.phase('end')).toMatchObject({ status: 0 })
    expect([await bench.answering(), await bench.backends()]).toEqual([['a'], [a.address]])
    expect([a.isAlive(), b.isAlive()]).toEqual([true, true])
    expect(await processesAbout(call.folder)).toBe('')
  })

  test('by SIGKILL in Jenkins goes back in the cleanup', async () => {
    const bench = await cutoverBench()
    const a = await bench.served()
    const b = await bench.backend('b')
    const call = await bench.call({ newBackends: [b.address], verifyUrl: bench.url, soak: '60s' })
    const phase = call.start('run')
    await bench.waitForState('removing')
    phase.process.kill('SIGKILL')
    await phase.ended
    expect(await call.phase('end')).toMatchObject({ status: 0 })
    expect([await bench.answering(), await bench.backends()]).toEqual([['a'], [a.address]])
  })

  test('by SIGKILL at any moment loses no request, and the same call goes on from there', async () => {
    const bench = await cutoverBench()
    let serving = await bench.served()
    const load = startLoad(bench.url, 60)
    const seen = new Set<string>()
    for (const afterMs of [50, 250, 450, 700, 950, 1250, 1600]) {
      const next = await bench.backend(`after-${afterMs}`)
      const parameters = { newBackends: [next.address], stopCommand: `sleep 0.3; ${killing(serving)}` }
      const phase = (await bench.call(parameters)).start('run')
      await bench.waitForState('adding')
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      phase.process.kill('SIGKILL')
      await phase.ended
      seen.add((await bench.state()).split(' ')[0] ?? '')
      const again = await bench.run(parameters)
      expect({ status: again.status, log: again.log }).toMatchObject({ status: 0 })
      expect(serving.isAlive()).toBe(false)
      serving = next
    }
    const report = await load.stop()
    expect(report.failures).toEqual([])
    expect(report.sent).toBeGreaterThan(500)
    // Otherwise all of them hit the same moment.
    expect(seen.size).toBeGreaterThan(1)
  }, 240_000)
})
