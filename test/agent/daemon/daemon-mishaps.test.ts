import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { RemoteError, UserError } from '../../../core/errors.ts'
import { Secret } from '../../../core/secret.ts'
import { LendingStage, type StageOptions, stageImage } from '../../support/lending-stage.ts'

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

describe('an image that is not on this machine', () => {
  const settings = {
    images: { allow: ['*'] },
    templates: [
      { name: 'default', image: 'here:1' },
      { name: 'browser', image: 'far-away:1', features: ['chrome'] },
    ],
  }

  test('is pulled in the background, and holds up no build that needs another', async () => {
    const pulled = promise()
    const stage = await started({
      settings,
      edges: ({ engine }) => ({
        engine: new Proxy(engine, {
          get: (target, key) => {
            const value = Reflect.get(target, key)
            if (key !== 'pull') return typeof value === 'function' ? value.bind(target) : value
            return async (...words: Parameters<typeof engine.pull>) => {
              await pulled.promise
              await engine.pull(...words)
            }
          },
        }),
      }),
    })
    stage.docker.addImage('here:1')
    stage.enqueue('chrome')
    stage.enqueue('linux&&!chrome')
    await stage.pass(minute)
    expect(stage.container.image).toBe('here:1')
    expect(stage.status.waiting).toEqual([
      { title: 'app1', reason: 'the image of template browser is being pulled' },
    ])
    expect(stage.said.filter((line) => line === 'pulling far-away:1')).toHaveLength(1)
    pulled.resolve()
    await stage.pass(minute)
    expect(stage.containers.map(({ image }) => image).sort()).toEqual(['far-away:1', 'here:1'])
  })

  test('and cannot be pulled is told about in words, once for each try, which come ever more seldom', async () => {
    const stage = await started({ settings })
    const hint = 'check the name'
    stage.docker.failNext('pull', new UserError('there is no image far-away:1', { hint }), 100)
    stage.enqueue('chrome')
    await stage.pass(30 * minute)
    const tries = stage.docker.calls.filter((call) => call === 'pull').length
    expect(tries).toBeGreaterThan(3)
    expect(tries).toBeLessThan(12)
    const told = stage.said.filter((line) => line.includes('cannot pull far-away:1: there is no image'))
    expect(told).toHaveLength(tries)
    expect(told[0]).toContain(hint)
  })

  test('and may not be pulled is told about with the setting to change', async () => {
    const stage = await started({ settings: { ...settings, images: { allow: ['*'], pull: 'never' } } })
    stage.enqueue('chrome')
    await stage.pass(minute)
    expect(stage.docker.calls).not.toContain('pull')
    expect(stage.said.join('\n')).toContain('images.pull: missing')
  })
})

describe('what the owner of the machine forbids', () => {
  test('an image beside the allow-list is never started, and that is told once for each try', async () => {
    const stage = await started({ settings: { images: { allow: ['something/else'] } } })
    stage.enqueue('2CPU2G')
    await stage.pass(minute)
    expect(stage.docker.calls).not.toContain('create')
    expect(stage.jenkins.calls).not.toContain('updateNode ann-1')
    const told = stage.said.filter((line) => line.includes(`the image ${stageImage} may not run`))
    expect(told.length).toBeLessThanOrEqual(3)
    expect(told[0]).toContain('images.allow')
  })

  test('the socket of the engine is mounted for no template that was not allowed to have it', async () => {
    const stage = await building()
    const targets = stage.docker.spec(stage.container.id).mounts.map(({ target }) => target)
    expect(targets).not.toContain('/var/run/docker.sock')
  })
})

describe('a name that somebody else uses', () => {
  test('is left alone and told about, and another slot serves', async () => {
    const stage = new LendingStage()
    const tag = '[footman id=other machine=ann cpus=8 memory=16384M slots=4 features=linux]'
    stage.jenkins.addNode('ann-1', { description: tag, labels: ['theirs'] })
    await stage.start()
    stage.enqueue('2CPU2G')
    await stage.pass(minute)
    expect(stage.jenkins.store.get('ann-1')).toMatchObject({ description: tag, labels: ['theirs'] })
    expect(stage.container.slot).toBe('ann-2')
    const told = stage.said.filter((line) => line.startsWith('warning: ann-1: a node of this name exists'))
    expect(told).toHaveLength(1)
    expect(told[0]).toContain('machine.name')
    expect(stage.status.slots[0]).toMatchObject({ slot: 'ann-1', state: 'held' })
  })
})

describe('a refusal of the controller', () => {
  test('to register our node is told with its cure, tried again seldom, and healed without a restart', async () => {
    const stage = new LendingStage()
    stage.jenkins.denied.add('Create')
    await stage.start()
    await stage.pass(30 * minute)
    const tries = stage.jenkins.calls.filter((call) => call === 'createNode ann-1').length
    expect(tries).toBeGreaterThan(2)
    expect(tries).toBeLessThan(12)
    expect(stage.said[0]).toContain('could not register its node: ann is missing the Agent/Create permission')
    stage.jenkins.denied.clear()
    await stage.pass(11 * minute)
    expect(stage.node(1)).toMatchObject({ labels: [] })
  })

  test('to end anything is told once for each try, not at every look', async () => {
    const stage = await building({ settings: { container: { keepIdle: '10s' } } })
    stage.jenkins.denied.add('Disconnect')
    stage.jenkins.setBuilds('ann-1', [])
    await stage.pass(10 * minute)
    const tries = stage.jenkins.calls.filter((call) => call === 'markOffline ann-1').length
    expect(tries).toBeLessThan(20)
    stage.jenkins.denied.clear()
    await stage.pass(2 * minute)
    expect(stage.containers).toEqual([])
  })

  test('to delete a node that somebody deleted under its running container: the node comes back', async () => {
    const stage = await building()
    const { id } = stage.container
    stage.jenkins.store.delete('ann-1')
    await stage.pass(10_000)
    expect(stage.node(1).labels).toContain('2CPU2G')
    expect(stage.container.id).toBe(id)
  })
})

describe('an offline mark', () => {
  test('of a person is respected: nothing starts there, and it stays', async () => {
    const stage = await started()
    await stage.jenkins.markOffline('ann-1', 'maintenance')
    stage.enqueue('2CPU2G')
    await stage.pass(minute)
    expect(stage.container.slot).toBe('ann-2')
    expect(stage.node(1)).toMatchObject({ temporarilyOffline: true, offlineReason: 'maintenance' })
    expect(stage.said).toContain('warning: ann-1: marked offline in Jenkins (maintenance); left alone')
  })

  test('of a person who begins with our name is a person all the same', async () => {
    const stage = await started()
    await stage.jenkins.markOffline('ann-1', 'footman broke it, leave it alone')
    stage.enqueue('2CPU2G')
    await stage.pass(minute)
    expect(stage.node(1)).toMatchObject({ temporarilyOffline: true })
  })

  test('of a node monitor lets the build end, then the container, and is cleared with the labels', async () => {
    const stage = await building()
    const { id } = stage.container
    await stage.jenkins.markOffline('ann-1', 'Disk space is below threshold')
    const offlineCauseKind = 'hudson.node_monitors.DiskSpaceMonitorDescriptor$DiskSpace'
    stage.jenkins.store.set('ann-1', { ...stage.node(1), offlineCauseKind })
    await stage.pass(minute)
    expect(stage.container.id).toBe(id)
    expect(stage.node(1)).toMatchObject({ temporarilyOffline: true })
    stage.jenkins.setBuilds('ann-1', [])
    await stage.pass(minute)
    expect(stage.containers).toEqual([])
    expect(stage.node(1)).toMatchObject({ temporarilyOffline: false, labels: [] })
    expect(stage.said.filter((line) => line.includes('Disk space is below threshold'))).toHaveLength(2)
  })
})

function promise() {
  let resolve = () => {}
  return { promise: new Promise<void>((done) => (resolve = done)), resolve: () => resolve() }
}
