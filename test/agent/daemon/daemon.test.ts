import { describe, expect, test } from 'vitest'
import { RemoteError } from '../../../core/errors.ts'
import { FakeJenkins } from '../../support/fake-jenkins.ts'
import { LendingStage, type StageOptions } from '../../support/lending-stage.ts'
import { waitingFor } from '../../support/waiting-for.ts'

const minute = 60_000

async function started(options: StageOptions = {}): Promise<LendingStage> {
  const stage = new LendingStage(options)
  await stage.start()
  return stage
}

/** Requests to the controller while time passes. */
async function requestsDuring(stage: LendingStage, ms: number): Promise<string[]> {
  const before = stage.jenkins.calls.length
  await stage.pass(ms)
  return stage.jenkins.calls.slice(before)
}

/** Pauses between the looks while time passes, ms. */
async function pausesDuring(stage: LendingStage, ms: number): Promise<number[]> {
  const times: number[] = []
  const untilMs = stage.clock.now() + ms
  while (stage.clock.now() < untilMs) {
    const before = stage.jenkins.calls.length
    stage.schedule()
    await stage.clock.advance(stage.clock.nextMs ?? 0)
    if (stage.jenkins.calls.slice(before).includes('queue')) times.push(stage.clock.now())
  }
  return times.slice(1).map((at, index) => at - (times[index] ?? 0))
}

describe('an idle machine', () => {
  test('asks at most six times a minute, for the queue and nothing else', async () => {
    const stage = await started()
    await stage.pass(minute)
    const calls = await requestsDuring(stage, 10 * minute)
    expect(new Set(calls)).toEqual(new Set(['queue']))
    expect(calls.length).toBeLessThanOrEqual(60)
    expect(calls.length).toBeGreaterThanOrEqual(58)
  })

  test('keeps one node registered, without labels, so that Jenkins names labels in its queue', async () => {
    const stage = await started()
    await stage.pass(minute)
    expect([...stage.jenkins.store.values()]).toMatchObject([{ name: 'ann-1', labels: [], executors: 1 }])
  })

  test('is not made nosy by builds that it cannot serve, and says in its status why', async () => {
    const stage = await started()
    for (const label of ['windows', '64CPU1G', 'linux&&', 'bob-1&&2CPU2G']) stage.enqueue(label)
    await stage.pass(minute)
    const calls = await requestsDuring(stage, 10 * minute)
    expect(calls.filter((call) => call !== 'queue')).toEqual([])
    expect(calls.length).toBeLessThanOrEqual(60)
    expect(stage.status.waiting.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('no template here has windows'),
      expect.stringContaining('machine.cpus'),
      expect.stringContaining('no template here has linux&&'),
      expect.stringContaining('no template here has bob-1'),
    ])
  })

  test('looks once for a node that the queue names, and not again while the name stays strange', async () => {
    const stage = await started()
    await stage.pass(minute)
    const why = 'Waiting for next available executor on ‘bob-1’'
    const { task } = waitingFor('')
    stage.jenkins.items = [waitingFor('', { why, task: { ...task, labelExpression: undefined } })]
    const calls = await requestsDuring(stage, 10 * minute)
    expect(calls.filter((call) => call === 'nodes')).toHaveLength(1)
    expect(calls.length).toBeLessThanOrEqual(61)
  })

  test('keeps as quiet when its owner paused it, however long the queue is', async () => {
    const stage = await started()
    await stage.pass(minute)
    stage.gate = { openness: 'finishing', because: 'you paused it' }
    stage.enqueue('2CPU2G')
    await stage.pass(minute)
    const calls = await requestsDuring(stage, 10 * minute)
    expect(new Set(calls)).toEqual(new Set(['queue']))
    expect(calls.length).toBeLessThanOrEqual(60)
    expect(stage.status.waiting).toEqual([
      { title: 'app1', reason: 'this machine takes no builds at the moment' },
    ])
  })
})

describe('a build that waits', () => {
  test('gets a container of the size of its label, within one idle interval', async () => {
    const stage = await started()
    await stage.pass(minute)
    stage.enqueue('2CPU3G')
    await stage.pass(10_000)
    expect(stage.docker.spec(stage.container.id)).toMatchObject({ nanoCpus: 2e9, memoryBytes: 3 * 2 ** 30 })
    expect(stage.node(1)).toMatchObject({ connected: true, labels: expect.arrayContaining(['2CPU3G']) })
    expect(stage.jenkins.items).toEqual([])
  })

  test('finds its node labelled before the container starts, and the secret is fetched once', async () => {
    const labelsAtStart: string[][] = []
    const stage = await started()
    stage.docker.onStart(() => labelsAtStart.push(stage.node(1).labels))
    stage.enqueue('2CPU2G')
    await stage.pass(minute)
    stage.jenkins.setBuilds('ann-1', [])
    await stage.pass(5 * minute)
    stage.enqueue('4CPU2G')
    await stage.pass(minute)
    expect(labelsAtStart).toEqual([
      ['linux', 'amd64', 'ann', '2CPU2G'],
      ['linux', 'amd64', 'ann', '4CPU2G'],
    ])
    expect(stage.jenkins.calls.filter((call) => call.startsWith('inboundSecret'))).toHaveLength(1)
    expect(stage.jenkins.calls.filter((call) => call === 'agentJar')).toHaveLength(1)
  })

  test('is looked at again within two seconds, and so is a running one', async () => {
    const stage = await started()
    await stage.pass(minute)
    stage.agentsConnect = false
    stage.enqueue('2CPU2G')
    await stage.pass(10_000)
    expect(Math.max(...(await pausesDuring(stage, minute)))).toBeLessThanOrEqual(2_000)
    stage.agentConnects('ann-1')
    await stage.pass(10_000)
    expect(stage.node(1).builds).toHaveLength(1)
    expect(Math.max(...(await pausesDuring(stage, minute)))).toBeLessThanOrEqual(2_000)
  })

  test('is reacted to within two seconds when there was another one lately', async () => {
    const stage = await started()
    stage.enqueue('2CPU2G')
    await stage.pass(minute)
    stage.jenkins.setBuilds('ann-1', [])
    await stage.pass(90_000)
    expect(stage.containers).toEqual([])
    stage.enqueue('4CPU4G')
    await stage.pass(2_000)
    expect(stage.containers).toHaveLength(1)
  })

  test('opens the very slot that its label names', async () => {
    const stage = await started()
    stage.enqueue('ann-3')
    await stage.pass(minute)
    expect(stage.container.slot).toBe('ann-3')
    expect(stage.jenkins.items).toEqual([])
  })

  test('whose label is only inferred from another laptop is tried once, and told about', async () => {
    const stage = await started()
    const tag = '[footman id=b0b machine=bob cpus=8 memory=16384M slots=4 features=linux,amd64,bob]'
    const labels = ['linux', 'amd64', 'bob', '2CPU2G']
    stage.jenkins.addNode('bob-1', { description: tag, labels, connected: true, offline: false, idle: false })
    const why = 'Waiting for next available executor on ‘bob-1’'
    const { task } = waitingFor('')
    stage.jenkins.items = [waitingFor('', { why, task: { ...task, labelExpression: undefined } })]
    let starts = 0
    stage.docker.onStart(() => starts++)
    // It asks for bob itself in truth, so the container that is like bob's is no help.
    for (let second = 0; second < 600; second++) await stage.clock.advance(1_000)
    expect(starts).toBe(1)
    expect(stage.containers).toEqual([])
    expect(stage.status.waiting).toEqual([
      {
        title: 'app',
        reason: 'Jenkins names bob-1 instead of the label, and a container like that one was tried already',
      },
    ])
  })

  test('in words that nobody knows is told about once, and never guessed at', async () => {
    const stage = await started()
    const { task } = waitingFor('')
    const why = 'The moon is in the seventh house'
    stage.jenkins.items = [waitingFor('', { why, task: { ...task, labelExpression: undefined } })]
    await stage.pass(10 * minute)
    expect(stage.said.filter((line) => line.includes(why))).toHaveLength(1)
    expect(stage.containers).toEqual([])
    expect(stage.status.waiting).toEqual([{ title: 'app', reason: `Jenkins says "${why}"` }])
  })
})

describe('a controller that does not answer', () => {
  const refusals = {
    'is refused': new RemoteError('unreachable', 'connect ECONNREFUSED'),
    'is booting': new RemoteError('booting', 'Jenkins is starting', { status: 503 }),
    'answers 500': new RemoteError('broken', 'Jenkins answers 500', { status: 500 }),
    'times out': new RemoteError('timeout', 'no answer within 20 s'),
  }

  test('is asked ever more seldom, at least once a minute; people are told of it once', async () => {
    const stage = await started()
    await stage.pass(minute)
    stage.jenkins.goAway()
    const pauses = await pausesDuring(stage, 10 * minute)
    expect(pauses.slice(1)).toEqual([...pauses.slice(1)].sort((a, b) => a - b))
    expect(pauses.at(-1)).toBe(60_000)
    expect(stage.status.controller).toMatchObject({ reachable: false, trouble: expect.any(String) })
    stage.jenkins.heal()
    await stage.pass(2 * minute)
    expect(stage.said.filter((line) => /ECONNREFUSED/.test(line))).toHaveLength(1)
    expect(stage.said.filter((line) => /in touch again/.test(line))).toHaveLength(1)
    expect(stage.status.controller).toMatchObject({ reachable: true })
  })

  test.each(Object.entries(refusals))('because it %s leaves a running build alone', async (_, error) => {
    const stage = await started()
    stage.enqueue('2CPU2G')
    await stage.pass(minute)
    const { id } = stage.container
    stage.jenkins.fail('queue', error)
    stage.jenkins.fail('nodes', error)
    await stage.pass(30 * minute)
    expect(stage.container).toMatchObject({ id, status: 'running' })
    stage.jenkins.heal()
    await stage.pass(2 * minute)
    expect(stage.container).toMatchObject({ id, status: 'running' })
    expect(stage.status.slots).toMatchObject([{ slot: 'ann-1', state: 'busy', build: 'app1 #1' }])
  })

  test('and says different things while it restarts is told of once', async () => {
    const stage = await started()
    for (const error of Object.values(refusals)) {
      stage.jenkins.fail('queue', error)
      await stage.pass(20_000)
    }
    stage.jenkins.heal()
    await stage.pass(2 * minute)
    expect(stage.said.filter((line) => /trying again/.test(line))).toHaveLength(1)
    expect(stage.said.filter((line) => /in touch again/.test(line))).toHaveLength(1)
  })

  test('and restarts finds its containers waiting, and the same build goes on', async () => {
    const stage = await started()
    stage.enqueue('2CPU2G')
    await stage.pass(minute)
    const { id } = stage.container
    const { builds } = stage.node(1)
    await stage.jenkins.restart()
    stage.jenkins.goAway()
    await stage.pass(minute)
    stage.jenkins.heal()
    // The Pipeline waits for its node, whose agent connects again by itself.
    stage.jenkins.setBuilds('ann-1', builds)
    await stage.pass(30_000)
    stage.agentConnects('ann-1')
    await stage.pass(minute)
    expect(stage.container).toMatchObject({ id, status: 'running' })
    expect(stage.status.slots).toMatchObject([{ slot: 'ann-1', state: 'busy' }])
  })
})

describe('credentials that are no longer accepted', () => {
  const refused = new RemoteError('unauthenticated', 'Jenkins does not accept the token of user ann', {
    status: 401,
    hint: 'make a new API token in Jenkins and check controller.token',
  })

  test('are believed to be good when that was said once', async () => {
    const stage = await started()
    stage.enqueue('2CPU2G')
    await stage.pass(minute)
    const { id } = stage.container
    stage.jenkins.fail('queue', refused, { times: 1 })
    await stage.pass(minute)
    expect(stage.container.id).toBe(id)
    expect(stage.status.controller.reachable).toBe(true)
  })

  test('are told about with the cure, and a renewed token is picked up without a restart', async () => {
    const old = new FakeJenkins()
    const renewed: { jenkins: FakeJenkins | undefined } = { jenkins: undefined }
    const stage = await started({
      edges: () => ({ jenkins: old }),
      reconnect: async () => renewed.jenkins ?? old,
    })
    await stage.pass(minute)
    old.fail('queue', refused)
    await stage.pass(10 * minute)
    expect(stage.said.filter((line) => line.includes('check controller.token'))).toHaveLength(1)
    renewed.jenkins = stage.jenkins
    await stage.pass(2 * minute)
    stage.enqueue('2CPU2G')
    await stage.pass(minute)
    expect(stage.containers).toHaveLength(1)
    expect(stage.status.controller.reachable).toBe(true)
  })
})
