import { describe, expect, test } from 'vitest'
import { settle } from '../../../agent/slots/settle.ts'
import { slotsOf } from '../../../agent/slots/slots.ts'
import type { Action, ObservedContainer, ObservedNode, World } from '../../../agent/world.ts'
import { Model } from '../model.ts'

const plan = {
  slot: 'ann-1',
  template: 'default',
  size: { cpus: 2, memoryBytes: 2 ** 31 },
  nodeLabels: ['2CPU2G'],
}

interface Scene {
  node?: Partial<ObservedNode>
  container?: Partial<ObservedContainer>
  world?: Partial<World>
}

/** What the first slot needs. */
function settled({ node, container, world = {} }: Scene): Action[] {
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
  const whole = { ...model.world(), because: 'its hours are over', ...world }
  const [slot] = slotsOf(whole)
  return slot ? settle(slot, whole) : []
}

const up = { connected: true }
const busy = { connected: true, idle: false }
const ownMark = { temporarilyOffline: true, offlineReason: 'footman: its hours are over' }
const personMark = { temporarilyOffline: true, offlineReason: 'maintenance' }
const monitorMark = {
  temporarilyOffline: true,
  offlineReason: 'Disk space is below threshold',
  offlineCauseKind: 'hudson.node_monitors.DiskSpaceMonitorDescriptor$DiskSpace',
}
const finishing = { openness: 'finishing' } as const
const closed = { openness: 'closed' } as const
const removal = (because: string, failed = false) => ({
  kind: 'remove',
  slot: 'ann-1',
  template: 'default',
  containerId: 'c1',
  because,
  failed,
})

describe('while lending is open', () => {
  test.each<[string, Scene, unknown[]]>([
    ['a first node is registered', {}, [{ kind: 'register', slot: 'ann-1' }]],
    ['a registered node is left as it is', { node: {} }, []],
    ['an idle container is left alone', { node: up, container: {} }, []],
    ['a busy one as well', { node: busy, container: {} }, []],
    [
      'what was never started is removed',
      { node: {}, container: { status: 'created' } },
      [removal('was created but never started')],
    ],
    ['what is being removed is waited for', { node: {}, container: { status: 'removing' } }, []],
    [
      'what ended is removed as failed, with its exit code',
      { node: {}, container: { status: 'exited', exitCode: 3 } },
      [removal('it ended by itself with exit code 3', true)],
    ],
    [
      'what was killed for its memory is said to have been',
      { node: {}, container: { status: 'exited', oomKilled: true } },
      [removal('it needed more memory than its label gives and was killed', true)],
    ],
    [
      'the name is freed when Jenkins has not noticed the end',
      { node: up, container: { status: 'exited', exitCode: 1 } },
      [
        { kind: 'disconnect', slot: 'ann-1', because: 'its container ended' },
        removal('it ended by itself with exit code 1', true),
      ],
    ],
    ['a deleted node is put back', { container: {} }, [{ kind: 'restore', plan, containerId: 'c1' }]],
    [
      'a container whose node was given to somebody else is removed',
      { node: { description: 'by hand' }, container: {} },
      [removal('its node now belongs to somebody else', true)],
    ],
    [
      'a marked node that builds goes back to work',
      { node: { ...busy, ...ownMark }, container: {} },
      [{ kind: 'unmark', slot: 'ann-1' }],
    ],
    [
      'a marked node without a build loses its container',
      { node: { ...up, ...ownMark }, container: {} },
      [removal('its hours are over')],
    ],
    ['a person’s mark is respected', { node: { ...busy, ...personMark }, container: {} }, []],
    [
      'and the container under it removed when it idles',
      { node: { ...up, ...personMark }, container: {} },
      [removal('its node was marked offline in Jenkins')],
    ],
    ['a monitor’s mark lets the build end', { node: { ...busy, ...monitorMark }, container: {} }, []],
    [
      'and the container under it is removed when it idles',
      { node: { ...up, ...monitorMark }, container: {} },
      [removal('Jenkins took its node offline: Disk space is below threshold')],
    ],
    ['a node held by a person is left alone', { node: personMark }, []],
    [
      'an agent that nobody here runs is disconnected while it idles',
      { node: up },
      [{ kind: 'disconnect', slot: 'ann-1', because: 'no container of this machine belongs to it' }],
    ],
    ['and left alone while it builds: it may run on another engine', { node: busy }, []],
  ])('%s', (_, scene, actions) => {
    expect(settled(scene)).toEqual(actions)
  })
})

describe('while lending pauses', () => {
  const mark = { kind: 'mark', slot: 'ann-1', because: 'its hours are over' }
  test.each<[string, Scene, unknown[]]>([
    ['no node is registered', {}, []],
    ['an idle container’s node is marked, with the reason', { node: up, container: {} }, [mark]],
    ['a busy one’s as well', { node: busy, container: {} }, [mark]],
    ['a starting one’s as well', { node: {}, container: {} }, [mark]],
    ['one that is marked builds on', { node: { ...busy, ...ownMark }, container: {} }, []],
  ])('%s', (_, scene, actions) => {
    expect(settled({ ...scene, world: finishing })).toEqual(actions)
  })
})

describe('when lending has ended', () => {
  const removed = [removal('lending has ended: its hours are over')]
  test.each<[string, Scene]>([
    ['idle', { node: up, container: {} }],
    ['busy', { node: busy, container: {} }],
    ['starting', { node: {}, container: {} }],
    ['marked and busy', { node: { ...busy, ...ownMark }, container: {} }],
    ['marked by a monitor and busy', { node: { ...busy, ...monitorMark }, container: {} }],
  ])('a container goes that is %s', (_, scene) => {
    expect(settled({ ...scene, world: closed })).toEqual(removed)
  })

  test('a container goes that somebody marked offline, with the build on it', () => {
    expect(settled({ node: { ...busy, ...personMark }, container: {}, world: closed })).toEqual([
      removal('its node was marked offline in Jenkins'),
    ])
  })

  test('a container goes whose node is gone', () => {
    expect(settled({ container: {}, world: closed })).toMatchObject([{ kind: 'remove', failed: false }])
  })
})

describe('when the daemon leaves', () => {
  const leaving = { openness: 'finishing', leaving: true } as const
  test('an empty node goes, be it marked, labelled or neither', () => {
    for (const node of [{}, ownMark, { labels: ['2CPU2G'] }]) {
      expect(settled({ node, world: leaving })).toEqual([{ kind: 'unregister', slot: 'ann-1' }])
    }
  })

  test('a node stays that a person marked, or on which a build waits', () => {
    expect(settled({ node: personMark, world: leaving })).toEqual([])
    expect(settled({ node: { idle: false }, world: leaving })).toEqual([])
  })
})

test('a connection is closed when its agent has said for three seconds that it has none', () => {
  const model = new Model()
  model.addNode('ann-1', [])
  model.addContainer(plan)
  model.connectAgents()
  const [one] = model.containers.values()
  if (!one) throw new Error('there is no container')
  model.containers.set(one.id, { ...one, link: 'connecting' })
  const actions = () => {
    const world = model.world()
    return slotsOf(world).flatMap((slot) => settle(slot, world))
  }
  expect(actions()).toEqual([])
  model.nowMs += 3_000
  const cut = [{ kind: 'disconnect', slot: 'ann-1', because: 'its agent lost the connection' }]
  expect(actions()).toEqual(cut)
  // Also while the node is marked and its build is to end.
  model.openness = 'finishing'
  model.change('ann-1', { ...ownMark, idle: false })
  expect(actions()).toEqual(cut)
})

test('a second container of a slot is removed, the younger one stays', () => {
  const model = new Model()
  model.addNode('ann-1', [])
  model.change('ann-1', up)
  const base = { ...plan, status: 'running', oomKilled: false, exitCode: undefined, link: 'unknown' } as const
  model.containers.set('old', { ...base, id: 'old', createdAtMs: 1 })
  model.containers.set('young', { ...base, id: 'young', createdAtMs: 2 })
  const world = model.world()
  expect(slotsOf(world).flatMap((slot) => settle(slot, world))).toMatchObject([
    { kind: 'remove', containerId: 'old', because: 'a second container for this slot' },
  ])
})

test('nodes of another name, or of a time with more slots, are taken off the controller', () => {
  const model = new Model()
  for (const name of ['ann-1', 'ann-5', 'old-name-1']) model.addNode(name, [])
  const world = model.world()
  expect(slotsOf(world).flatMap((slot) => settle(slot, world))).toEqual([
    { kind: 'unregister', slot: 'old-name-1' },
    { kind: 'unregister', slot: 'ann-5' },
  ])
})
