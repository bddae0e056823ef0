import { describe, expect, it } from 'vitest'
import { readDemand } from '../../../agent/demand/read-queue.ts'
import { formatNodeDescription } from '../../../agent/fleet/node-tag.ts'
import { parseLabelLeniently } from '../../../agent/labels/lenient.ts'
import { nameOfLabel } from '../../../agent/labels/print.ts'
import type { Demand } from '../../../agent/world.ts'
import type { NodeState, QueueItem } from '../../../jenkins/jenkins.ts'
import { recordedItems } from './recorded-queue.ts'

const noLabel = 'asks for no label, and lent machines take only builds that do'
const hidden = (node: string) => `waits for ${node}; Jenkins does not tell the label`

describe('demand in the queue of a real Jenkins', () => {
  const agents = [
    node('Built-In Node', []),
    node('qa', ['solo', 'qlinux']),
    node('qb', ['pair', 'qlinux']),
    node('qc', ['pair', 'qlinux', 'two words']),
  ]
  const [builtIn] = agents

  /** Scenario -> what a Pipeline wants, whose label only the sentence can tell. */
  it.each([
    ['queue-no-node-with-label', '4CPU8G'],
    ['queue-no-node-with-label-online', '4CPU8G'],
    ['queue-expr-none', 'a&&b'],
    ['queue-expr-none-spaced', 'linux&&4CPU8G||(x&&!y)'],
    ['queue-expr-several-busy', 'qlinux&&pair'],
    ['queue-expr-several-offline', 'qlinux&&!solo'],
    ['queue-several-offline', 'pair'],
    ['queue-one-busy-one-offline', 'pair'],
    ['queue-negation', '!nosuch'],
    ['queue-quoted-none', 'no such'],
    ['queue-unparsable-pipeline', 'linux docker'],
    ['queue-no-agents-builtin-1', '4CPU8G'],
    ['queue-one-offline', hidden('qa')],
    ['queue-one-busy', hidden('qa')],
    ['queue-own-name-offline', hidden('qb')],
    ['queue-quoted-one-busy', hidden('qc')],
    ['queue-not-accepting', hidden('qa')],
    ['queue-negation-paren', hidden('Built-In Node')],
    ['queue-no-agents-builtin-0', 'Jenkins tells no label while no agent is registered'],
    ['queue-no-agents-builtin-1-busy', 'Jenkins tells no label while no agent is registered'],
    ['queue-no-agents-builtin-0-unlabelled', noLabel],
    ['queue-unlabelled-all-offline', noLabel],
    ['queue-exclusive-unlabelled', noLabel],
  ])('%s: a Pipeline %s', (scenario, expected) => {
    const items = recordedItems().filter(
      (recorded) => recorded.scenario === scenario && recorded.item.task.kind === 'PlaceholderTask',
    )
    expect(items.length).toBeGreaterThan(0)
    const nodes = scenario.includes('no-agents') && builtIn ? [builtIn] : agents
    for (const { item } of items) expect(outcome({ items: [item], ownSlots: {}, nodes })).toEqual([expected])
  })

  it('is the same whether the job tells the label or the sentence does', () => {
    const typed = recordedItems().filter(({ item }) => item.task.labelExpression && item.buildable)
    expect(typed.length).toBeGreaterThan(20)
    for (const { scenario, item } of typed) {
      const [wanted = ''] = outcome({ items: [item], ownSlots: {}, nodes: agents })
      if (scenario === 'queue-quiet-down') expect(wanted).toBe('the controller is about to shut down')
      else expect(wanted).toBe(nameOfLabel(parseLabelLeniently(item.task.labelExpression ?? '')))
      const { labelExpression: _, ...task } = item.task
      const [said = ''] = outcome({
        items: [{ ...item, task: { ...task, labelExpression: undefined } }],
        ownSlots: {},
        nodes: agents,
      })
      if (!/^(?:waits|asks|Jenkins|the controller) /.test(said)) expect(said).toBe(wanted)
    }
  })

  it('is none while an item waits for its time, is blocked, or has an executor', () => {
    const items = recordedItems()
      .map(({ item }) => item)
      .filter((item) => !item.buildable)
    const kinds = items.map(({ kind }) => kind)
    expect(kinds).toEqual(expect.arrayContaining(['WaitingItem', 'BlockedItem']))
    expect(outcome({ items, ownSlots: {}, nodes: agents })).toEqual([])
    expect(outcome({ items: [item({ pending: true, why: null })], ownSlots: {}, nodes: agents })).toEqual([])
  })

  it('is nothing that footman would have to guess', () => {
    const all = recordedItems().map(({ item }) => item)
    expect(readDemand({ items: all, ownSlots: {}, nodes: agents }).unknownWording).toEqual([])
  })
})

describe('demand where Jenkins names a node in place of the label', () => {
  const ownSlots = { 'ann-1': ['linux', 'ann', '4CPU8G'] }

  it.each(['Waiting for next available executor on ‘ann-1’', '‘ann-1’ is offline', 'ann-1 is offline'])(
    'is for that node when it is ours: %s',
    (why) => {
      const { demand } = readDemand({ items: [item({ why })], ownSlots, nodes: undefined })
      expect(demand.map(({ wants }) => wants)).toEqual([{ kind: 'node', node: 'ann-1' }])
    },
  )

  it('is for the label when a label has that name and no node', () => {
    const why = 'Waiting for next available executor on ‘linux’'
    expect(outcome({ items: [item({ why })], ownSlots, nodes: [node('qa', ['linux'])] })).toEqual(['linux'])
  })

  it('is for the like of it when it belongs to another laptop', () => {
    const bob = node('bob-1', ['linux', 'bob', '4CPU8G'], tagOf('bob'))
    for (const why of ['‘bob-1’ is offline', 'Waiting for next available executor on ‘bob-1’']) {
      const { demand } = readDemand({ items: [item({ why })], ownSlots: {}, nodes: [bob] })
      expect(demand).toMatchObject([{ wants: { kind: 'expression', inferredFrom: 'bob-1' } }])
      expect(demand.map(({ wants }) => nameOf(wants))).toEqual(['linux&&4CPU8G'])
    }
  })

  it('is not for the like of it when a like one is there and did not move Jenkins', () => {
    const bob = node('bob-1', ['linux', 'bob', '4CPU8G'], tagOf('bob'))
    const ann = node('ann-1', ['linux', 'ann', '4CPU8G'], tagOf('ann'))
    const items = [item({ why: '‘bob-1’ is offline' })]
    expect(outcome({ items, ownSlots, nodes: [ann, bob] })).toEqual([hidden('bob-1')])
  })

  it('is left to that node when nothing is known of it', () => {
    const items = [item({ why: '‘qa’ is offline' })]
    expect(outcome({ items, ownSlots, nodes: [node('qa', ['linux'])] })).toEqual([hidden('qa')])
    expect(outcome({ items, ownSlots, nodes: undefined })).toEqual([hidden('qa')])
    const parked = node('bob-1', ['bob'], tagOf('bob'))
    const bob = [item({ why: '‘bob-1’ is offline' })]
    expect(outcome({ items: bob, ownSlots, nodes: [parked] })).toEqual([hidden('bob-1')])
  })
})

describe('a name that Jenkins mentions', () => {
  it('is strange while it is no node that we know: the nodes have to be asked for', () => {
    const items = [
      '‘bob-1’ is offline',
      'Waiting for next available executor on ‘a&&b’',
      '‘ann-1’ is offline',
    ].map((why, id) => item({ id, why }))
    const strangeNames = (nodes: NodeState[]) =>
      readDemand({ items, ownSlots: { 'ann-1': [] }, nodes }).strangeNames
    expect(strangeNames([])).toEqual(['bob-1'])
    expect(strangeNames([node('bob-1', [])])).toEqual([])
    // A laptop's node that was without labels when we looked: somebody waits for those that it has now.
    expect(strangeNames([node('bob-1', [], tagOf('bob'))])).toEqual(['bob-1'])
    expect(strangeNames([node('bob-1', ['linux'], tagOf('bob'))])).toEqual([])
  })
})

describe('demand', () => {
  it('comes oldest first', () => {
    const items = [item({ id: 3, since: 20 }), item({ id: 2, since: 20 }), item({ id: 9, since: 10 })]
    expect(readDemand({ items, ownSlots: {}, nodes: [] }).demand.map(({ itemId }) => itemId)).toEqual([
      9, 2, 3,
    ])
  })

  it('follows the queue where a build parameter overrides the label of the job', () => {
    const why = 'There are no nodes with the label ‘windows’'
    expect(outcome({ items: [item({ typed: 'linux && arm64', why })], ownSlots: {}, nodes: [] })).toEqual([
      'windows',
    ])
  })

  it('takes a text that is no expression for one label', () => {
    expect(
      outcome({ items: [item({ typed: 'linux||', why: 'whatever' })], ownSlots: {}, nodes: [] }),
    ).toEqual(['linux||'])
  })

  it('is skipped where the account may not build on our nodes, which no container would change', () => {
    const why = '‘bo’ lacks permission to run on ‘ann-1’'
    const { skipped } = readDemand({
      items: [item({ typed: 'linux', why })],
      ownSlots: { 'ann-1': [] },
      nodes: [],
    })
    expect(skipped).toEqual([
      {
        itemId: 1,
        title: 'lib/main',
        reason: "bo lacks the permission to run on this machine's nodes (Agent/Build)",
      },
    ])
  })

  it('is no guess where the wording is unknown, which is told once', () => {
    const items = [
      item({ id: 1, why: 'Waiting for printer 3' }),
      item({ id: 2, why: 'Waiting for printer 12' }),
      item({ id: 3, why: '‘a’ is not accepting tasks; Moon is in phase 2' }),
      item({ id: 4, why: null }),
      item({ id: 5, why: 'Waiting for printer 3', typed: 'linux' }),
    ]
    const reading = readDemand({ items, ownSlots: {}, nodes: [node('qa', [])] })
    expect(reading.demand.map(({ itemId }) => itemId)).toEqual([5])
    expect(reading.skipped.map(({ reason }) => reason)).toEqual([
      'Jenkins says "Waiting for printer 3"',
      'Jenkins says "Waiting for printer 12"',
      'Jenkins says "‘a’ is not accepting tasks; Moon is in phase 2"',
      'Jenkins does not say why',
    ])
    expect(reading.unknownWording).toEqual(['Waiting for printer N', 'Moon is in phase N'])
  })
})

/** For each item the name of the label or node that is wanted, or the reason why it was skipped. */
function outcome(view: Parameters<typeof readDemand>[0]): string[] {
  const { demand, skipped } = readDemand(view)
  return [...demand.map(({ wants }) => nameOf(wants)), ...skipped.map(({ reason }) => reason)]
}

function nameOf(wants: Demand['wants']): string {
  return wants.kind === 'node' ? wants.node : nameOfLabel(wants.expression)
}

interface ItemFields {
  id?: number
  since?: number
  why?: string | null
  typed?: string
  pending?: boolean
}

function item({ id = 1, since = 1, why, typed, pending = false }: ItemFields = {}): QueueItem {
  return {
    id,
    kind: 'BuildableItem',
    why: why === null ? undefined : (why ?? 'There are no nodes with the label ‘linux’'),
    stuck: true,
    buildable: true,
    blocked: false,
    pending,
    inQueueSinceMs: since,
    buildableSinceMs: since,
    task: { kind: 'FreeStyleProject', name: 'lib/main', url: '', labelExpression: typed },
  }
}

function node(name: string, labels: string[], description = ''): NodeState {
  return {
    name,
    description,
    labels,
    offline: true,
    temporarilyOffline: false,
    offlineReason: '',
    connected: false,
    idle: true,
    executors: 1,
    builds: [],
    inbound: true,
  }
}

function tagOf(machine: string): string {
  return formatNodeDescription({
    id: `id-${machine}`,
    machine,
    budget: { cpus: 8, memoryBytes: 2 ** 34 },
    slots: 4,
    features: [['linux', machine]],
  })
}
