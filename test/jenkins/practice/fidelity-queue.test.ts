import { setTimeout } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import type { PracticeOptions } from '../../../jenkins/practice/controller.ts'
import { exchangesOf } from '../../support/recordings.ts'
import { connectAgent } from './fake-link.ts'
import { addTestNode, markTestNode, testNode } from './node-stage.ts'
import { type Replay, startReplay } from './replay.ts'

/**
 * How qa (solo qlinux), qb (pair qlinux) and qc (pair qlinux "two words") are when an item is queued;
 * `none`: there are no nodes at all.
 */
type Nodes = 'offline' | 'idle' | 'busy' | 'none'

interface Situation {
  nodes: Nodes
  options?: PracticeOptions
  /** What else is done to the nodes. */
  arrange?: (replay: Replay) => void
  /** Seconds of quiet period. */
  delay?: number
}

const situations: Record<string, Situation> = {
  'queue-exclusive-unlabelled': { nodes: 'idle', arrange: makeExclusive },
  'queue-exclusive-with-builtin': {
    nodes: 'idle',
    options: { builtInExecutors: 1 },
    arrange: (replay) => {
      makeExclusive(replay)
      const { builtIn } = replay.controller.state
      if (builtIn.config) builtIn.config = { ...builtIn.config, mode: 'EXCLUSIVE' }
    },
  },
  'queue-expr-none-spaced': { nodes: 'offline' },
  'queue-expr-none': { nodes: 'offline' },
  'queue-expr-one-busy': { nodes: 'busy' },
  'queue-expr-one-offline': { nodes: 'offline' },
  'queue-expr-several-busy': { nodes: 'busy' },
  'queue-expr-several-offline': { nodes: 'offline' },
  'queue-negation': { nodes: 'offline' },
  'queue-negation-paren': { nodes: 'offline' },
  'queue-no-agents-builtin-0': { nodes: 'none' },
  'queue-no-agents-builtin-0-unlabelled': { nodes: 'none' },
  'queue-no-agents-builtin-1': { nodes: 'none', options: { builtInExecutors: 1 } },
  'queue-no-agents-builtin-1-busy': {
    nodes: 'none',
    options: { builtInExecutors: 1 },
    arrange: (replay) => occupy(replay, ''),
  },
  'queue-no-node-with-label': { nodes: 'offline' },
  'queue-no-node-with-label-online': { nodes: 'idle' },
  'queue-not-accepting': {
    nodes: 'idle',
    arrange: ({ controller }) => {
      testNode(controller, 'qa').accepting = false
    },
  },
  'queue-one-busy': { nodes: 'busy' },
  'queue-one-busy-one-offline': {
    nodes: 'busy',
    arrange: ({ controller }) => markTestNode(controller, 'qc', 'x'),
  },
  'queue-one-offline': { nodes: 'offline' },
  'queue-one-temporarily-offline-busy': {
    nodes: 'busy',
    arrange: ({ controller }) => markTestNode(controller, 'qa', 'x'),
  },
  'queue-one-temporarily-offline-idle': {
    nodes: 'idle',
    arrange: ({ controller }) => markTestNode(controller, 'qa', 'x'),
  },
  'queue-own-name-offline': { nodes: 'offline' },
  'queue-quiet-period': { nodes: 'idle', delay: 60 },
  'queue-quoted-none': { nodes: 'offline' },
  'queue-quoted-one-busy': { nodes: 'busy' },
  'queue-quoted-one-offline': { nodes: 'offline' },
  'queue-several-busy': { nodes: 'busy' },
  'queue-several-offline': { nodes: 'offline' },
  'queue-unlabelled-all-busy': { nodes: 'busy' },
  'queue-unlabelled-all-offline': { nodes: 'offline' },
  'queue-unparsable': { nodes: 'offline' },
}

/** The practice controller against what a real Jenkins 2.498 answered: what waits, and why. */
describe('the queue, as recorded', () => {
  let replay: Replay
  afterEach(() => replay.controller.stop())

  test.each(Object.entries(situations))('%s', async (scenario, situation) => {
    replay = await startReplay(situation.options)
    arrangeNodes(replay, situation.nodes)
    situation.arrange?.(replay)
    const plan = {
      before: {
        0: () => enqueue(replay, scenario, 0, situation.delay),
        5: () => enqueue(replay, scenario, 5, situation.delay),
      },
    }
    expect(await replay.play(scenario, plan)).toEqual({})
  })

  test('an item from the moment that it is queued until it has left', async () => {
    replay = await startReplay()
    arrangeNodes(replay, 'idle')
    const { controller } = replay
    controller.state.nextQueueId = 120
    controller.createJob('qlife', { kind: 'freestyle', label: 'solo', scripts: ['true'] })
    controller.createJob('qlifep', { kind: 'pipeline', script: "node('nolabel') { sh 'true' }" })
    const plan = { differs: { 6: 'a node step explains itself after 15 s, which nobody waits for here' } }
    expect(await replay.play('queue-item-life', plan)).toEqual({})
  })

  test('nothing starts under quietDown, and Pipelines are not even buildable', async () => {
    replay = await startReplay()
    arrangeNodes(replay, 'idle')
    const { controller } = replay
    const plan = {
      before: {
        2: () => {
          controller.state.nextQueueId = 103
          controller.createJob('q58-free', { kind: 'freestyle', label: 'solo', scripts: [] })
          controller.build('q58-free')
        },
        7: () => {
          controller.createJob('qqd', { kind: 'pipeline', script: "node('solo') {}" })
          controller.build('qqd')
        },
      },
    }
    expect(await replay.play('queue-quiet-down', plan)).toEqual({})
  })

  test('a second build waits for the first where builds may not run side by side', async () => {
    replay = await startReplay()
    arrangeNodes(replay, 'idle')
    const { controller } = replay
    const buildTwice = async (job: string, firstId: number) => {
      controller.state.nextQueueId = firstId
      controller.build(job)
      await expect.poll(() => controller.state.jobs.get(job)?.builds.length).toBe(1)
      controller.state.nextQueueId = firstId + (job === 'qcc' ? 1 : 2)
      controller.build(job)
    }
    controller.createJob('qcc', { kind: 'freestyle', label: 'qb', scripts: ['sleep 60'] })
    const script = "node('qc') { sh 'sleep 60' }"
    controller.createJob('qccp', { kind: 'pipeline', script, concurrent: false })
    const plan = { before: { 0: () => buildTwice('qcc', 113), 5: () => buildTwice('qccp', 115) } }
    expect(await replay.play('queue-concurrent-ban', plan)).toEqual({})
  })

  test('a label that is no expression is one odd atom, in a Pipeline as well', async () => {
    replay = await startReplay()
    arrangeNodes(replay, 'offline')
    const { controller } = replay
    controller.state.nextQueueId = 62
    controller.createJob('qunp', { kind: 'pipeline', script: "node('linux docker') {}" })
    controller.build('qunp')
    expect(await replay.play('queue-unparsable-pipeline')).toEqual({})
  })

  test('sentences are English, whatever the caller would like', async () => {
    replay = await startReplay()
    arrangeNodes(replay, 'offline')
    const { controller } = replay
    controller.state.nextQueueId = 67
    controller.createJob('qlang', { kind: 'freestyle', label: '4CPU8G', scripts: [] })
    controller.build('qlang')
    const english = 'the practice controller speaks English only'
    expect(await replay.play('queue-language', { differs: { 1: english, 2: english } })).toEqual({})
  })

  test('a node outside its schedule', async () => {
    replay = await startReplay()
    arrangeNodes(replay, 'idle')
    testNode(replay.controller, 'qa').accepting = false
    const plan = { differs: { 0: 'manualLaunchAllowed is false of such a strategy, which is not played' } }
    expect(await replay.play('node-scheduled-outside-window', plan)).toEqual({})
  })
})

function arrangeNodes(replay: Replay, nodes: Nodes): void {
  if (nodes === 'none') return
  const { controller } = replay
  for (const [name, label] of [
    ['qa', 'solo qlinux'],
    ['qb', 'pair qlinux'],
    ['qc', 'pair qlinux "two words"'],
  ] as const) {
    addTestNode(controller, name, { label })
    if (nodes !== 'offline') connectAgent(controller, name)
    if (nodes === 'busy') occupy(replay, name)
  }
}

/** Keeps the only executor of a node busy with a build that nobody runs. */
function occupy({ controller }: Replay, name: string): void {
  const { state } = controller
  const computer = name === '' ? state.builtIn : testNode(controller, name)
  const build = {
    job: 'occupant',
    number: 1,
    queueId: 1,
    user: 'admin',
    definition: { kind: 'freestyle' as const, label: name, scripts: [] },
    startedAtMs: Date.now(),
    builtOn: name,
    building: true,
    result: undefined,
    durationMs: 0,
    console: '',
    progress: undefined,
  }
  computer.executors = [{ build, isStep: false, sinceMs: Date.now() }]
}

function makeExclusive({ controller }: Replay): void {
  for (const name of ['qa', 'qb', 'qc']) {
    const computer = testNode(controller, name)
    if (computer.config) computer.config = { ...computer.config, mode: 'EXCLUSIVE' }
  }
}

/** Queues the job whose item the exchange of that number shows, so that it gets the recorded id. */
async function enqueue(replay: Replay, scenario: string, at: number, delay = 0): Promise<void> {
  const { controller } = replay
  const [whole, advised] = exchangesOf(scenario).slice(at)
  const item = JSON.stringify(whole?.response.body)
  const name = /q\d+-(?:free|pipe)/.exec(JSON.stringify(advised?.response.body))?.[0] ?? ''
  const label = /label (.*): whole queue/.exec(whole?.note ?? '')?.[1] ?? ''
  const wanted = label === 'None' ? '' : label
  const id = Number(/"id":(\d+)/.exec(item)?.[1])
  const isStep = item.includes('PlaceholderTask')
  controller.state.nextQueueId = isStep ? id - 1 : id
  if (name.endsWith('-free')) controller.createJob(name, { kind: 'freestyle', label: wanted, scripts: [] })
  else controller.createJob(name, { kind: 'pipeline', script: `node('${wanted}') { sh 'true' }` })
  const build = { method: 'POST', path: `/job/${name}/build?delay=${delay}sec`, headers: {}, body: null }
  const headers = { Authorization: `Basic ${btoa('admin:TOKEN')}` }
  const answer = await replay.send({
    request: { ...build, headers },
    response: { status: 201, headers: {}, body: '' },
  })
  expect(answer.status).toBe(201)
  // Of a wait that is over in an instant not even a part has passed yet.
  await setTimeout(5)
}
