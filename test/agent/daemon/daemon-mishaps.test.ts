import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { RemoteError } from '../../../core/errors.ts'
import { Secret } from '../../../core/secret.ts'
import { LendingStage, type StageOptions } from '../../support/lending-stage.ts'

const minute = 60_000

async function started(options: StageOptions = {}): Promise<LendingStage> {
  const stage = new LendingStage(options)
  await stage.start()
  return stage
}

/** A stage on which a build runs in the first slot. */
async function building(options: StageOptions = {}): Promise<LendingStage> {
  const stage = await started(options)
  stage.enqueue('2CPU2G')
  await stage.pass(minute)
  return stage
}

const logOf = (stage: LendingStage) => join(stage.plan.stateDir, 'logs', 'ann-1.log')

describe('a connection that died unnoticed', () => {
  test('while the laptop slept is closed, and the container stays', async () => {
    const stage = await building()
    const { id } = stage.container
    const { builds } = stage.node(1)
    await stage.pass(10 * minute)
    stage.clock.jump(60 * minute)
    stage.agentGivesUp('ann-1')
    await stage.pass(10_000)
    expect(stage.jenkins.calls).toContain('disconnect ann-1')
    expect(stage.said).toContain('warning: ann-1: dead connection closed: its agent lost the connection')
    stage.agentConnects('ann-1')
    stage.jenkins.setBuilds('ann-1', builds)
    await stage.pass(5 * minute)
    expect(stage.container).toMatchObject({ id, status: 'running' })
    expect(stage.jenkins.calls.filter((call) => call === 'disconnect ann-1')).toHaveLength(1)
  })

  test('while the network changed is closed, and the container stays', async () => {
    const stage = await building()
    const { id } = stage.container
    await stage.pass(10 * minute)
    const address = { address: '10.1.2.3', netmask: '', mac: '', internal: false, cidr: null } as const
    stage.interfaces = { wlan0: [{ ...address, family: 'IPv4' }] }
    stage.agentGivesUp('ann-1')
    await stage.pass(10_000)
    expect(stage.jenkins.calls).toContain('disconnect ann-1')
    expect(stage.container).toMatchObject({ id, status: 'running' })
  })

  test('is not looked for when there is no reason to doubt it: a log may be long', async () => {
    const stage = await building()
    await stage.pass(10 * minute)
    const before = stage.docker.calls.length
    await stage.pass(10 * minute)
    expect(stage.docker.calls.slice(before)).not.toContain('logs')
  })

  test('is told from an agent that is about to connect', async () => {
    const stage = await started()
    stage.agentsConnect = false
    stage.enqueue('2CPU2G')
    await stage.pass(20_000)
    // Jenkins sees the agent a moment before its log does.
    stage.jenkins.agentConnects('ann-1')
    await stage.clock.advance(1_900)
    stage.agentConnects('ann-1')
    await stage.pass(minute)
    expect(stage.jenkins.calls).not.toContain('disconnect ann-1')
  })
})

describe('a container that ends by itself', () => {
  test('has its log kept for its owner alone, without secrets, and its cause told', async () => {
    const stage = await building()
    const { id } = stage.container
    stage.docker.say(id, `here is ${new Secret('hunter22').reveal()}`)
    stage.docker.exit(id, 137, { oomKilled: true })
    await stage.pass(minute)
    expect(await readFile(logOf(stage), 'utf8')).toContain('here is [redacted]')
    expect((await stat(logOf(stage))).mode & 0o777).toBe(0o600)
    expect(stage.said).toContain(
      `warning: ann-1: it needed more memory than its label gives and was killed; its last lines are in ${logOf(stage)}`,
    )
    expect(stage.containers).toEqual([])
  })

  test('under a build that waits for its node gets a successor of the same size', async () => {
    const stage = await building()
    const { builds } = stage.node(1)
    stage.docker.exit(stage.container.id, 1)
    stage.jenkins.setBuilds('ann-1', builds)
    await stage.pass(minute)
    expect(stage.container).toMatchObject({ slot: 'ann-1', status: 'running', nanoCpus: 2e9 })
    expect(stage.said).toContain('ann-1: started 2CPU2G for a build waits for this node to return')
  })

  test('before it connected has the controller explain why, and its successors wait ever longer', async () => {
    const starts: number[] = []
    const stage = await started()
    stage.agentsConnect = false
    stage.jenkins.webSocket = false
    stage.docker.onStart((id) => {
      starts.push(stage.clock.now())
      queueMicrotask(() => stage.docker.exit(id, 1))
    })
    stage.enqueue('2CPU2G')
    await stage.pass(30 * minute)
    const pauses = starts.slice(1).map((at, index) => at - (starts[index] ?? 0))
    expect(pauses.length).toBeGreaterThan(4)
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b))
    expect(pauses.at(-1)).toBeGreaterThan(5 * minute)
    expect(stage.said.join('\n')).toMatch(/exit code 1 \(the controller, or a proxy .*set transport: tcp\)/)
    expect(stage.status.waiting[0]?.reason).toMatch(/failed to start, \d+ in a row; next try in/)
  })

  test('by an agent that never connects is given its time, then removed', async () => {
    const stage = await started()
    stage.agentsConnect = false
    stage.enqueue('2CPU2G')
    await stage.pass(minute)
    const { id } = stage.container
    await stage.pass(minute)
    expect(stage.docker.containers().some((container) => container.id === id)).toBe(false)
    expect(stage.said.join('\n')).toContain('its agent did not connect in time (the controller would accept')
  })

  test('because somebody removed it by hand is missed at the next look, and its node parked', async () => {
    const stage = await building()
    stage.docker.failNext('inspect', new Error('gone'), 0)
    await stage.docker.remove(stage.container.id)
    await stage.pass(20_000)
    expect(stage.node(1)).toMatchObject({ labels: [], connected: false })
    expect(stage.status.slots).toMatchObject([{ slot: 'ann-1', state: 'registered' }])
  })

  test('by hand under a build that waits for its node gets a successor', async () => {
    const stage = await building()
    const { builds } = stage.node(1)
    await stage.docker.remove(stage.container.id)
    stage.jenkins.setBuilds('ann-1', builds)
    await stage.pass(20_000)
    expect(stage.container).toMatchObject({ slot: 'ann-1', status: 'running' })
  })

  test('while its successor is refused for a while gets one in the end, although no queue tells of it', async () => {
    const stage = await building()
    const { builds } = stage.node(1)
    stage.docker.failNext('create', new RemoteError('broken', 'the engine has hiccups'), 3)
    await stage.docker.remove(stage.container.id)
    stage.jenkins.setBuilds('ann-1', builds)
    await stage.pass(3 * minute)
    expect(stage.container).toMatchObject({ slot: 'ann-1', status: 'running' })
  })
})
