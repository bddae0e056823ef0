import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectAgent, type FakeLink } from './fake-link.ts'
import { addTestNode, markTestNode } from './node-stage.ts'
import { type Replay, startReplay } from './replay.ts'

const tcpLauncher = { $class: 'hudson.slaves.JNLPLauncher', webSocket: false }

/** The practice controller against what a real Jenkins 2.498 answered: nodes and their life. */
describe('nodes, as recorded', () => {
  let replay: Replay
  beforeEach(async () => {
    replay = await startReplay()
  })
  afterEach(() => replay.controller.stop())

  test('nodes are made out of a form', async () => {
    addTestNode(replay.controller, 'exists1')
    const unchecked = 'a host key is not checked to be a point on its curve'
    const plan = { differs: { 5: unchecked, 6: unchecked, 7: unchecked } }
    expect(await replay.play('node-create', plan)).toEqual({})
  })

  test('bad names, bad forms and odd numbers are refused or taken as Jenkins does', async () => {
    addTestNode(replay.controller, 'exists1')
    expect(await replay.play('node-create-refused')).toEqual({})
  })

  test('SSH launchers are kept with their host key strategies', async () => {
    const plan = { part: [0, 12] as [number, number] }
    expect(await replay.play('node-create-ssh', plan)).toEqual({})
  })

  test('credentials are kept, changed and deleted', async () => {
    expect(await replay.play('credentials')).toEqual({})
  })

  test('config.xml changes a live node', async () => {
    const { controller } = replay
    addTestNode(controller, 'n1', { label: '4CPU8G' })
    addTestNode(controller, 'c1', { label: 'linux old' })
    addTestNode(controller, 'c2')
    const agent = connectAgent(controller, 'c1')
    controller.createJob('cfgbusy', { kind: 'freestyle', label: 'c1', scripts: ['sleep 5'] })
    const plan = {
      before: {
        24: () => markTestNode(controller, 'c1', 'marked'),
        27: () => buildStarts(replay, 'cfgbusy'),
        28: () => buildEnds(replay, 'cfgbusy', agent),
      },
    }
    expect(await replay.play('node-config', plan)).toEqual({})
  })

  test('a node goes through offline, online, busy, drained, toggled, disconnected and killed', async () => {
    await replay.controller.stop()
    const nojob = { name: 'nojob', token: 'TOKEN', permissions: ['hudson.model.Hudson.Read'] as const }
    replay = await startReplay({ users: [{ name: 'admin', token: 'TOKEN' }, nojob] })
    const { controller } = replay
    addTestNode(controller, 'n1', { label: 'linux 4CPU8G' })
    addTestNode(controller, 't1', { label: 'linux tcp', launcher: tcpLauncher })
    controller.createJob('pipe1', { kind: 'pipeline', script: "node('n1') { sh 'sleep 10' }" })
    controller.state.nextQueueId = 2
    let agent: FakeLink
    let tcpAgent: FakeLink
    const connect = () => {
      agent = connectAgent(controller, 'n1')
    }
    const plan = {
      before: {
        5: connect,
        10: () => {
          tcpAgent = connectAgent(controller, 't1', 'tcp')
        },
        12: () => {
          controller.createJob('free1', { kind: 'freestyle', label: 'n1', scripts: ['sleep 10'] })
          return buildStarts(replay, 'free1')
        },
        17: () => buildEnds(replay, 'free1', agent),
        18: () => buildStarts(replay, 'pipe1'),
        25: () => buildEnds(replay, 'pipe1', agent),
        55: connect,
        56: () => agent.lose(),
        60: () => tcpAgent.lose(),
        61: connect,
        62: () => agent.lose(),
      },
      differs: {
        4: 'only progressiveText is played',
        10: 'the last line of the log was still to come when this was recorded',
        57: 'the log has no stack trace',
      },
    }
    expect(await replay.play('node-states', plan)).toEqual({})
  })

  test('the arguments and the secret of an agent; nodes are deleted, idle and busy', async () => {
    const { controller } = replay
    addTestNode(controller, 'jws')
    addTestNode(controller, 'jtcp', { launcher: tcpLauncher })
    addTestNode(controller, 'jtun', { launcher: { ...tcpLauncher, tunnel: 'jump.example:5000' } })
    addTestNode(controller, 'jnowd', { launcher: { ...tcpLauncher, workDirSettings: { disabled: true } } })
    const settings = { workDirPath: '/data/w', internalDir: 'int', failIfWorkDirIsMissing: true }
    addTestNode(controller, 'jfail', {
      launcher: { ...tcpLauncher, webSocket: true, workDirSettings: settings },
    })
    addTestNode(controller, 'jmin', { launcher: tcpLauncher })
    const endsFaster = 'the build ends before the next request comes, and the Computer with it'
    const wasStarting = 'the step had only begun when this was recorded; here it runs, and waits for its node'
    const plan = {
      before: {
        17: async () => {
          controller.createJob('dbusy', { kind: 'freestyle', label: 'jtcp', scripts: ['sleep 60'] })
          connectAgent(controller, 'jtcp', 'tcp')
          await buildStarts(replay, 'dbusy')
        },
        22: async () => {
          controller.createJob('dpipe', { kind: 'pipeline', script: "node('jtun') { sh 'sleep 60' }" })
          connectAgent(controller, 'jtun')
          await buildStarts(replay, 'dpipe')
        },
        27: () => {
          addTestNode(controller, 'jtun')
          connectAgent(controller, 'jtun')
        },
      },
      differs: {
        18: endsFaster,
        19: 'the build had not begun on its node when this was recorded',
        20: endsFaster,
        21: 'the console has no stack trace',
        24: wasStarting,
        25: wasStarting,
        29: wasStarting,
      },
    }
    expect(await replay.play('node-jnlp-delete', plan)).toEqual({})
  })
})

/** Queues a build and waits until it holds an executor. */
async function buildStarts({ controller }: Replay, job: string): Promise<void> {
  controller.build(job)
  await expect.poll(() => busyExecutors(controller.state), { interval: 5 }).toBe(1)
}

async function buildEnds({ controller }: Replay, job: string, agent: FakeLink): Promise<void> {
  agent.finish(0)
  await expect.poll(() => controller.state.jobs.get(job)?.builds[0]?.result, { interval: 5 }).toBe('SUCCESS')
}

function busyExecutors(state: Replay['controller']['state']): number {
  return [...state.computers.values()].flatMap((computer) => computer.executors).filter(Boolean).length
}
