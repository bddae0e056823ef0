import { once } from 'node:events'
import { mkdir, rename, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { known } from '../../../agent/policy/sensor.ts'
import { RemoteError } from '../../../core/errors.ts'
import { LendingHome } from '../../support/lending-home.ts'
import { contentReadings } from '../../support/lending-stage.ts'

const minute = 60_000

describe('the commands', () => {
  test('status tells what is lent, to whom, and what builds', async () => {
    const bench = await LendingHome.create()
    await bench.lend()
    await bench.build()
    expect(await bench.ask({ request: 'status' })).toMatchObject({
      machine: 'ann',
      controller: { url: 'http://jenkins.test/', version: '2.498', reachable: true },
      openness: 'open',
      budget: { total: { cpus: 8 }, used: { cpus: 2 } },
      slots: [{ slot: 'ann-1', state: 'busy', build: 'app #41', size: { cpus: 2 } }],
      events: expect.arrayContaining([expect.objectContaining({ text: 'ann-1: started 2CPU2G for app' })]),
    })
  })

  test('pause is answered with its effect, and ends by itself', async () => {
    const bench = await LendingHome.create()
    await bench.lend()
    await bench.build()
    const status = await bench.ask({ request: 'pause', forMs: 10 * minute })
    expect(status).toMatchObject({ openness: 'finishing', because: expect.stringContaining('you paused it') })
    expect(bench.jenkins.store.get('ann-1')?.offlineReason).toMatch(/^footman: its owner paused it until/)
    await bench.clock.advance(11 * minute)
    expect((await bench.ask({ request: 'status' })).openness).toBe('open')
    expect(bench.jenkins.store.get('ann-1')).toMatchObject({ temporarilyOffline: false, idle: false })
  })

  test('pause without an end lasts until resume', async () => {
    const bench = await LendingHome.create()
    await bench.lend()
    await bench.ask({ request: 'pause' })
    await bench.clock.advance(60 * minute)
    expect((await bench.ask({ request: 'status' })).openness).not.toBe('open')
    expect((await bench.ask({ request: 'resume' })).openness).toBe('open')
  })

  test('drain lets the running build end, and the machine is free', async () => {
    const bench = await LendingHome.create()
    await bench.lend()
    await bench.build()
    await bench.ask({ request: 'drain' })
    await bench.clock.advance(5 * minute)
    expect(bench.docker.containers()).toHaveLength(1)
    bench.jenkins.setBuilds('ann-1', [])
    await bench.clock.advance(10_000)
    expect(bench.docker.containers()).toEqual([])
    expect(await bench.ask({ request: 'status' })).toMatchObject({ because: 'you drained it' })
  })

  test('after finishWithin a pause ends what still runs', async () => {
    const bench = await LendingHome.create({ policy: { finishWithin: '5m' } })
    await bench.lend()
    await bench.build()
    await bench.ask({ request: 'pause' })
    await bench.clock.advance(4 * minute)
    expect(bench.docker.containers()).toHaveLength(1)
    await bench.clock.advance(2 * minute)
    expect(bench.docker.containers()).toEqual([])
  })

  test('stop lets builds end, then leaves neither node, container nor socket', async () => {
    const bench = await LendingHome.create()
    await bench.lend()
    await bench.build()
    const status = await bench.ask({ request: 'stop' })
    expect(status).toMatchObject({ openness: 'finishing', because: 'this machine stops lending' })
    await bench.clock.advance(minute)
    bench.jenkins.setBuilds('ann-1', [])
    await bench.clock.advance(10_000)
    await bench.ended
    expect([bench.jenkins.store.size, bench.docker.containers().length]).toEqual([0, 0])
    await expect(stat(bench.socketPath)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('stop --now does not wait for builds', async () => {
    const bench = await LendingHome.create()
    await bench.lend()
    await bench.build()
    await bench.ask({ request: 'stop', now: true })
    await bench.clock.advance(10_000)
    await bench.ended
    expect([bench.jenkins.store.size, bench.docker.containers().length]).toEqual([0, 0])
  })

  test('are answered with the door as it is, even while a look hangs', async () => {
    const bench = await LendingHome.create()
    await bench.lend()
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    bench.jenkins.queue = async () => {
      await held
      return []
    }
    const answer = bench.ask({ request: 'pause' })
    await expect.poll(() => bench.clock.nextMs).toBe(3_000)
    const passing = bench.clock.advance(3_000)
    expect(await answer).toMatchObject({ openness: 'finishing', because: 'you paused it' })
    release()
    await passing
  })
})

describe('across starts', () => {
  test('a pause outlives the daemon, and a pause whose end came meanwhile does not', async () => {
    const bench = await LendingHome.create()
    await bench.lend()
    await bench.ask({ request: 'pause', forMs: 30 * minute })
    bench.terminate()
    await bench.clock.advance(10_000)
    await bench.ended
    await bench.lend()
    expect((await bench.ask({ request: 'status' })).openness).toBe('finishing')
    bench.terminate()
    await bench.clock.advance(60 * minute)
    await bench.ended
    await bench.lend()
    expect((await bench.ask({ request: 'status' })).openness).toBe('open')
  })

  test('a socket that a killed daemon left is replaced', async () => {
    const bench = await LendingHome.create()
    await mkdir(join(bench.folder, 'run'), { mode: 0o700 })
    const dead = createServer().listen(`${bench.socketPath}.dead`)
    await once(dead, 'listening')
    await rename(`${bench.socketPath}.dead`, bench.socketPath)
    dead.close()
    await once(dead, 'close')
    await bench.lend()
    expect((await bench.ask({ request: 'status' })).machine).toBe('ann')
  })

  test('a second daemon for the same controller is refused', async () => {
    const bench = await LendingHome.create()
    await bench.lend()
    await expect(bench.another()).rejects.toMatchObject({ exitCode: 4 })
    expect((await bench.ask({ request: 'status' })).machine).toBe('ann')
  })
})

describe('a signal', () => {
  test('drains within the deadline of the policy, then leaves nothing', async () => {
    const bench = await LendingHome.create({ policy: { finishWithin: '5m' } })
    await bench.lend()
    await bench.build()
    bench.terminate()
    await bench.clock.advance(4 * minute)
    expect(bench.docker.containers()).toHaveLength(1)
    await bench.clock.advance(2 * minute)
    await bench.ended
    expect([bench.jenkins.store.size, bench.docker.containers().length]).toEqual([0, 0])
  })

  test('that comes in the moment before the daemon runs is heeded as well', async () => {
    const bench = await LendingHome.create()
    const { info } = bench.docker
    let asked = 0
    bench.docker.info = async (signal) => {
      const answer = await info(signal)
      if (++asked === 2) queueMicrotask(() => bench.terminate())
      return answer
    }
    await bench.lend()
    await bench.clock.advance(10_000)
    await bench.ended
    expect(asked).toBe(2)
    expect(bench.jenkins.store.size).toBe(0)
  })

  test('that comes while the controller is waited for ends the waiting', async () => {
    const bench = await LendingHome.create()
    bench.jenkins.goAway()
    await bench.lend()
    expect(bench.said).toEqual([expect.stringContaining('ECONNREFUSED')])
    bench.terminate()
    await expect(bench.ended).rejects.toThrow('SIGTERM')
  })
})

describe('at the start', () => {
  test('a controller and an engine that are away are waited for, and each is told of once', async () => {
    const bench = await LendingHome.create()
    bench.jenkins.goAway()
    await bench.lend()
    await bench.clock.advance(10 * minute)
    bench.jenkins.heal()
    bench.docker.setAway(true)
    await bench.clock.advance(10 * minute)
    bench.docker.setAway(false)
    await bench.clock.advance(2 * minute)
    expect(bench.said.filter((line) => line.includes('trying again'))).toEqual([
      expect.stringContaining('ECONNREFUSED'),
      expect.stringContaining('the container engine does not answer'),
    ])
    expect(bench.said.join('\n')).toContain('lending up to 8 CPUs')
  })

  test('a token that is refused ends it at once, with the cure', async () => {
    const bench = await LendingHome.create()
    const hint = 'make a new API token'
    bench.jenkins.fail('root', new RemoteError('unauthenticated', 'Jenkins does not accept it', { hint }))
    await bench.lend()
    await expect(bench.ended).rejects.toMatchObject({ exitCode: 3, hint })
  })

  test('somebody who is nobody to the controller is told so', async () => {
    const bench = await LendingHome.create()
    bench.jenkins.identity = { name: 'anonymous', anonymous: true, authorities: [] }
    await bench.lend()
    await expect(bench.ended).rejects.toMatchObject({ hint: expect.stringContaining('controller.token') })
  })
})

test('the policy closes the door, and the reason can be read in Jenkins', async () => {
  const bench = await LendingHome.create()
  await bench.lend()
  await bench.build()
  bench.readings = { ...contentReadings, power: known({ onBattery: true, percent: 40 }) }
  await bench.clock.advance(10_000)
  expect(bench.jenkins.store.get('ann-1')?.offlineReason).toBe(
    'footman: this machine runs on its battery (40 %)',
  )
  bench.readings = contentReadings
  await bench.clock.advance(2 * minute)
  expect(bench.jenkins.store.get('ann-1')).toMatchObject({ temporarilyOffline: false, idle: false })
})
