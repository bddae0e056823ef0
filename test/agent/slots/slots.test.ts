import { describe, expect, test } from 'vitest'
import { isMarkedByMonitor, markText, ownReason, type Phase, slotsOf } from '../../../agent/slots/slots.ts'
import type { ObservedContainer, ObservedNode } from '../../../agent/world.ts'
import { Model } from '../model.ts'

const plan = {
  slot: 'ann-1',
  template: 'default',
  size: { cpus: 2, memoryBytes: 2 ** 31 },
  nodeLabels: ['2CPU2G'],
}

type Look = { node?: Partial<ObservedNode>; container?: Partial<ObservedContainer>; waitMs?: number }

function phaseOf({ node, container, waitMs = 0 }: Look): Phase | undefined {
  const model = new Model()
  if (node) {
    model.addNode('ann-1', [])
    model.change('ann-1', node)
  }
  if (container) {
    model.addContainer(plan)
    const [one] = model.containers.values()
    if (one) model.containers.set(one.id, { ...one, ...container })
  }
  model.world()
  model.nowMs += waitMs
  return slotsOf(model.world())[0]?.phase
}

const marked = (offlineReason: string) => ({ temporarilyOffline: true, offlineReason })
const monitorMark = {
  ...marked('Disk space is below threshold'),
  offlineCauseKind: 'hudson.node_monitors.DiskSpaceMonitorDescriptor$DiskSpace',
}
const personMark = { ...marked('maintenance'), offlineCauseKind: 'hudson.slaves.OfflineCause$UserCause' }
const up = { connected: true }
const running = { status: 'running' as const }
const foreign = { description: 'made by hand' }

describe('a slot without a container is', () => {
  test.each<[Phase, string, Look]>([
    ['absent', 'without a node', {}],
    ['registered', 'with a node that carries no labels', { node: {} }],
    ['announced', 'with labels on its node', { node: { labels: ['2CPU2G'] } }],
    ['announced', 'with our own mark left on its node', { node: marked('footman: idle') }],
    ['announced', "with a monitor's mark on its node", { node: monitorMark }],
    ['awaited', 'while a build is on its node', { node: { idle: false } }],
    ['haunted', 'while an agent is connected', { node: up }],
    ['held', "with a person's mark on its node", { node: personMark }],
    ['held', "with a person's mark that begins like ours", { node: marked('footman is broken') }],
    ['taken', "when its node is somebody else's", { node: foreign }],
  ])('%s %s', (phase, _, look) => {
    expect(phaseOf(look)).toBe(phase)
  })
})

describe('a slot with a container is', () => {
  test.each<[Phase, string, Look]>([
    ['stillborn', 'while that was never started', { node: {}, container: { status: 'created' } }],
    ['removing', 'while that is being removed', { node: {}, container: { status: 'removing' } }],
    ['failed', 'when that has ended', { node: {}, container: { status: 'exited' } }],
    ['failed', 'when that is dead', { node: {}, container: { status: 'dead' } }],
    ['unlisted', 'whose node is gone', { container: running }],
    ['evicted', "whose node is somebody else's", { node: foreign, container: running }],
    ['starting', 'whose agent is on its way', { node: {}, container: running, waitMs: 80_000 }],
    ['lost', 'whose agent is late', { node: {}, container: running, waitMs: 90_000 }],
    ['idle', 'without a build', { node: up, container: running }],
    ['busy', 'with a build', { node: { ...up, idle: false }, container: running }],
    [
      'finishing',
      'with a build, marked by us',
      { node: { ...up, idle: false, ...marked('footman: x') }, container: running },
    ],
    [
      'stopping',
      'without one, marked by us',
      { node: { ...up, ...marked('footman: x') }, container: running },
    ],
    [
      'finishing',
      'with a build, marked by a monitor',
      { node: { ...up, idle: false, ...monitorMark }, container: running },
    ],
    ['stopping', 'without one, marked by a monitor', { node: { ...up, ...monitorMark }, container: running }],
    ['held', 'marked by a person', { node: { ...up, idle: false, ...personMark }, container: running }],
  ])('%s %s', (phase, _, look) => {
    expect(phaseOf(look)).toBe(phase)
  })

  test('lost by the time since its node was last connected, not since it began', () => {
    const model = new Model()
    model.addNode('ann-1', ['2CPU2G'])
    model.addContainer(plan)
    model.connectAgents()
    model.world()
    model.nowMs += 3_600_000
    model.drop('ann-1')
    expect(slotsOf(model.world())[0]?.phase).toBe('starting')
    model.nowMs += 90_000
    expect(slotsOf(model.world())[0]?.phase).toBe('lost')
  })
})

test('slots come in the order of their numbers, with those of other times and names behind', () => {
  const model = new Model()
  for (const name of ['ann-10', 'ann-2', 'old-name-1']) model.addNode(name, [])
  model.addNode('bob-1', [], 'of somebody else')
  expect(slotsOf(model.world()).map(({ name }) => name)).toEqual(['ann-1', 'old-name-1', 'ann-2', 'ann-10'])
})

test('of two containers for one slot the running one counts, then the younger', () => {
  const model = new Model()
  model.addNode('ann-1', [])
  const base = { ...plan, oomKilled: false, exitCode: undefined, link: 'unknown' as const }
  model.containers.set('old', { ...base, id: 'old', status: 'running', createdAtMs: 1 })
  model.containers.set('dead', { ...base, id: 'dead', status: 'exited', createdAtMs: 3 })
  model.containers.set('young', { ...base, id: 'young', status: 'running', createdAtMs: 2 })
  const [slot] = slotsOf(model.world())
  expect(slot?.container?.id).toBe('young')
  expect(slot?.surplus.map(({ id }) => id)).toEqual(['old', 'dead'])
})

test('a mark of ours can be read back, and nobody else’s is taken for one', () => {
  const model = new Model()
  model.addNode('ann-1', [])
  const reasonOf = (change: Partial<ObservedNode>) => {
    model.change('ann-1', change)
    const node = model.nodes.get('ann-1')
    return node && ownReason(node)
  }
  expect(reasonOf(marked(markText('its owner paused it')))).toBe('its owner paused it')
  expect(reasonOf(marked('footman'))).toBeUndefined()
  expect(reasonOf({ temporarilyOffline: false, offlineReason: 'footman: idle' })).toBeUndefined()
  expect(isMarkedByMonitor({ ...(model.nodes.get('ann-1') as ObservedNode), ...personMark })).toBe(false)
})
