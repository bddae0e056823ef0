import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseLabelLeniently } from '../../agent/labels/lenient.ts'
import { addSizes } from '../../agent/labels/size.ts'
import type { Action, Demand } from '../../agent/world.ts'
import { Model, machine } from './model.ts'

let items = 0

function wanting(expression: string, waitingSinceMs = 1_000_000): Demand {
  const itemId = ++items
  return {
    itemId,
    title: `build ${itemId}`,
    waitingSinceMs,
    wants: { kind: 'expression', expression: parseLabelLeniently(expression) },
  }
}

/** Rounds with agents, scheduler and builds going on in between, until nothing is left to do. */
function settle(model: Model, rounds = 60): Action[] {
  for (let round = 0; round < rounds; round++) {
    model.nowMs += 5_000
    const { actions } = model.round()
    if (
      actions.length === 0 &&
      model.queue.size === 0 &&
      model.builds.size === 0 &&
      model.containers.size === 0
    ) {
      return []
    }
    model.connectAgents()
    model.schedule()
    if (round % 2 === 1) model.finishAll()
  }
  return model.round().actions
}

describe('agent/reconcile', () => {
  it('registers one node when there is nothing, so that Jenkins names labels', () => {
    expect(new Model().round().actions).toEqual([{ kind: 'register', slot: 'ann-1' }])
  })

  it('opens the slot that is registered for a build, with a container of the size of its label', () => {
    const model = new Model()
    model.round()
    model.enqueue(wanting('2CPU2G'))
    const [action] = model.round().actions
    expect(action).toMatchObject({
      kind: 'open',
      nodeExists: true,
      plan: { slot: 'ann-1', template: 'default', size: { cpus: 2, memoryBytes: 2 * 2 ** 30 } },
    })
    expect(model.round().actions).toEqual([])
  })

  it('starts nothing for a build that an idle node elsewhere will take', () => {
    const model = new Model()
    model.round()
    model.addNode('bob', ['2CPU2G'], 'somebody else')
    model.change('bob', { connected: true })
    model.enqueue(wanting('2CPU2G'))
    expect(model.round().actions).toEqual([])
  })

  it('says why a build waits', () => {
    const model = new Model()
    model.round()
    model.enqueue(wanting('windows'))
    model.enqueue(wanting('64CPU1G'))
    const reasons = model.round().waiting.map(({ reason }) => reason)
    expect(reasons).toEqual([expect.stringContaining('windows'), expect.stringContaining('machine.cpus')])
  })

  it('ends an idle container after its time, marking the node first so that no build is hit', () => {
    const model = new Model()
    model.enqueue(wanting('2CPU2G'))
    for (let round = 0; round < 3; round++) {
      model.round()
      model.connectAgents()
      model.schedule()
    }
    model.finishAll()
    expect(model.round().actions).toEqual([])
    model.nowMs += 60_000
    expect(model.round().actions).toEqual([{ kind: 'mark', slot: 'ann-1', because: 'idle' }])
    expect(model.round().actions).toMatchObject([{ kind: 'remove', because: 'idle', failed: false }])
    expect(model.round().actions).toEqual([{ kind: 'park', slot: 'ann-1' }])
    expect(model.round().actions).toEqual([])
  })

  it('ends an idle container at once when another size needs its room', () => {
    const model = new Model()
    model.enqueue(wanting('6CPU4G'))
    for (let round = 0; round < 2; round++) {
      model.round()
      model.connectAgents()
      model.schedule()
    }
    model.finishAll()
    model.enqueue(wanting('8CPU8G'))
    expect(model.round().actions).toMatchObject([{ kind: 'mark', because: 'idle, and its room is needed' }])
    model.round()
    expect(model.round().actions).toMatchObject([{ kind: 'open', plan: { size: { cpus: 8 } } }])
  })

  it('gives a build that waits for its node a container like the one that died', () => {
    const model = new Model()
    model.enqueue(wanting('2CPU2G'))
    for (let round = 0; round < 3; round++) {
      model.round()
      model.connectAgents()
      model.schedule()
    }
    const [container] = model.containers.values()
    if (!container) throw new Error('no container was started')
    model.containers.set(container.id, { ...container, status: 'exited', exitCode: 137 })
    model.drop('ann-1')
    expect(model.round().actions).toMatchObject([{ kind: 'remove', failed: true }])
    expect(model.round().actions).toMatchObject([
      { kind: 'open', plan: { slot: 'ann-1', size: { cpus: 2, memoryBytes: 2 * 2 ** 30 } } },
    ])
  })

  it('puts a deleted node back under its running container', () => {
    const model = new Model()
    model.enqueue(wanting('2CPU2G'))
    model.round()
    model.round()
    model.nodes.delete('ann-1')
    expect(model.round().actions).toMatchObject([{ kind: 'restore', plan: { slot: 'ann-1' } }])
  })

  it('leaves a node alone that somebody marked offline, and takes another slot', () => {
    const model = new Model()
    model.round()
    model.change('ann-1', { temporarilyOffline: true, offlineReason: 'maintenance' })
    model.enqueue(wanting('2CPU2G'))
    expect(model.round().actions).toMatchObject([{ kind: 'open', plan: { slot: 'ann-2' } }])
    expect(model.nodes.get('ann-1')?.offlineReason).toBe('maintenance')
  })

  it('marks a busy node when lending pauses, and ends its container only when the build has ended', () => {
    const model = new Model()
    model.enqueue(wanting('2CPU2G'))
    for (let round = 0; round < 3; round++) {
      model.round()
      model.connectAgents()
      model.schedule()
    }
    model.openness = 'finishing'
    expect(model.round().actions).toMatchObject([{ kind: 'mark', slot: 'ann-1' }])
    expect(model.round().actions).toEqual([])
    model.finishAll()
    expect(model.round().actions).toMatchObject([{ kind: 'remove', failed: false }])
  })

  it('ends a container whose node somebody else has taken over, and leaves the node to them', () => {
    const model = new Model()
    model.enqueue(wanting('2CPU2G'))
    for (let round = 0; round < 2; round++) model.round()
    model.addNode('ann-1', ['theirs'], 'not ours at all')
    model.connectAgents()
    model.queue.clear()
    expect(model.round().actions).toMatchObject([{ kind: 'remove', slot: 'ann-1' }])
    expect(model.nodes.get('ann-1')).toMatchObject({ labels: ['theirs'], temporarilyOffline: false })
  })

  it('takes another slot when a namesake has taken the name of the next', () => {
    const model = new Model()
    model.round()
    model.addNode('ann-2', ['theirs'], 'not ours at all')
    model.enqueue(wanting('2CPU2G'))
    model.round()
    model.connectAgents()
    model.schedule()
    model.enqueue(wanting('2CPU2G'))
    const { actions, slots } = model.round()
    expect(actions).toMatchObject([{ kind: 'open', plan: { slot: 'ann-3' } }])
    expect(slots.map(({ name, phase }) => [name, phase])).toContainEqual(['ann-2', 'taken'])
  })

  it('closes a connection that the agent lost while Jenkins still believes in it', () => {
    const model = new Model()
    model.enqueue(wanting('2CPU2G'))
    for (let round = 0; round < 2; round++) {
      model.round()
      model.connectAgents()
    }
    const [container] = model.containers.values()
    if (!container) throw new Error('no container was started')
    model.containers.set(container.id, { ...container, link: 'connecting' })
    expect(model.round().actions).toEqual([]) // it may have connected at this very moment
    model.nowMs += 3_000
    expect(model.round().actions).toMatchObject([{ kind: 'disconnect', slot: 'ann-1' }])
  })

  it('lets a failing template rest, longer each time', () => {
    const model = new Model()
    model.enqueue(wanting('2CPU2G'))
    const starts: number[] = []
    for (let second = 0; second < 900; second++) {
      model.nowMs += 1000
      for (const action of model.round().actions) if (action.kind === 'open') starts.push(second)
      for (const one of model.containers.values()) {
        if (one.status === 'running') model.containers.set(one.id, { ...one, status: 'exited', exitCode: 1 })
      }
    }
    const pauses = starts.slice(1).map((at, index) => at - (starts[index] ?? 0))
    expect(pauses.length).toBeGreaterThan(3)
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b))
    expect(pauses.at(-1)).toBeGreaterThan(4 * (pauses[0] ?? 0))
  })

  it('keeps room for a large build that has waited long, instead of letting small ones pass for ever', () => {
    const model = new Model()
    model.enqueue(wanting('6CPU4G'))
    model.round()
    model.connectAgents()
    model.schedule()
    model.enqueue(wanting('8CPU8G', model.nowMs))
    model.nowMs += 180_000
    model.enqueue(wanting('1CPU1G', model.nowMs))
    const { actions, waiting } = model.round()
    expect(actions).toEqual([])
    expect(waiting.map(({ reason }) => reason)).toContain('an older build waits for room on this machine')
  })
})

const labels = fc.constantFrom(
  '2CPU2G',
  '4CPU4G',
  '8CPU16G',
  'linux',
  'chrome',
  'ann-1',
  'windows',
  'linux&&1CPU1G',
  '2CPU2G||4CPU4G',
  '!chrome',
  '64CPU1G',
)

const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant('enqueue' as const), label: labels }) },
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant('round' as const),
      crashAfter: fc.option(fc.nat(3), { nil: undefined }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ what: 'connect' as const }) },
  { weight: 3, arbitrary: fc.constant({ what: 'schedule' as const }) },
  { weight: 2, arbitrary: fc.constant({ what: 'finish' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 20_000, 100_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constantFrom(
        'exit',
        'stillborn',
        'drop',
        'delete',
        'hold',
        'replace',
        'intrude',
        'lose',
        'monitor',
      ),
      slot: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('openness' as const),
      to: fc.constantFrom('open' as const, 'finishing' as const, 'closed' as const),
    }),
  },
)

type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never

const foreign = { description: 'not ours at all', labels: ['theirs'] }

function happen(model: Model, event: Happening): void {
  switch (event.what) {
    case 'enqueue':
      return model.enqueue(wanting(event.label, model.nowMs))
    case 'round':
      return checkedRound(model, event.crashAfter)
    case 'connect':
      return model.connectAgents()
    case 'schedule':
      return model.schedule()
    case 'finish':
      return model.finishAll()
    case 'wait':
      model.nowMs += event.ms
      return
    case 'openness':
      model.openness = event.to
      return
    default:
      return mishap(model, event.what, `ann-${event.slot}`)
  }
}

function mishap(model: Model, what: string, slot: string): void {
  const container = [...model.containers.values()].find((one) => one.slot === slot)
  if (what === 'exit' && container)
    model.containers.set(container.id, { ...container, status: 'exited', exitCode: 1 })
  if (what === 'stillborn' && container)
    model.containers.set(container.id, { ...container, status: 'created' })
  if (what === 'lose' && container) model.containers.delete(container.id)
  if (['exit', 'stillborn', 'lose', 'drop'].includes(what)) model.drop(slot)
  if (what === 'delete') model.nodes.delete(slot)
  if (what === 'hold') {
    const offlineCauseKind = 'hudson.slaves.OfflineCause$UserCause'
    model.change(slot, { temporarilyOffline: true, offlineReason: 'maintenance', offlineCauseKind })
  }
  if (what === 'monitor' && model.nodes.get(slot)?.description !== foreign.description) {
    const offlineCauseKind = 'hudson.node_monitors.DiskSpaceMonitorDescriptor$DiskSpace'
    model.change(slot, { temporarilyOffline: true, offlineReason: 'Disk space', offlineCauseKind })
  }
  if (model.nodes.has(slot) ? what === 'replace' : what === 'intrude') {
    model.addNode(slot, foreign.labels, foreign.description)
  }
}

/** A round, with everything that must hold whatever happened before. */
function checkedRound(model: Model, crashAfter: number | undefined): void {
  const foreignBefore = foreignNodes(model)
  const usedBefore = used(model)
  const { actions } = model.round(crashAfter)
  const opened = actions.filter((action) => action.kind === 'open')
  expect(foreignNodes(model)).toEqual(foreignBefore)
  if (opened.length > 0) {
    expect(usedBefore.cpus + sum(opened, 'cpus')).toBeLessThanOrEqual(machine.budget.cpus)
    expect(usedBefore.memoryBytes + sum(opened, 'memoryBytes')).toBeLessThanOrEqual(
      machine.budget.memoryBytes,
    )
    expect(model.openness).not.toBe('closed')
  }
  if (model.openness === 'finishing') {
    expect(opened.every(({ because }) => because === 'a build waits for this node to return')).toBe(true)
  }
  const slots = [...model.containers.values()].map(({ slot }) => slot)
  expect(new Set(slots).size).toBe(slots.length)
}

/** What others own. An agent of ours may be connected there until its container is removed. */
function foreignNodes(model: Model) {
  return [...model.nodes.values()].filter(isForeign).map(({ connected, offline, ...owned }) => owned)
}

function isForeign({ description }: { description: string }): boolean {
  return description === foreign.description
}

function used(model: Model) {
  return addSizes(
    ...[...model.containers.values()]
      .filter(({ status }) => status === 'running' || status === 'created')
      .map(({ size }) => size),
  )
}

function sum(opened: Extract<Action, { kind: 'open' }>[], what: 'cpus' | 'memoryBytes'): number {
  return opened.reduce((total, { plan }) => total + plan.size[what], 0)
}

describe('agent/reconcile, whatever happens', () => {
  it('stays within the budget, touches nothing of others, keeps one container for a slot, and starts nothing when closed', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60, size: 'max' }), (history) => {
        const model = new Model()
        for (const event of history) happen(model, event)
      }),
      { numRuns: 150 },
    )
  })

  it('always comes to rest: builds that can be served are served, idle containers end, nothing is left to do', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40, size: 'max' }), (history) => {
        const model = new Model()
        for (const event of history) happen(model, event)
        model.openness = 'open'
        for (const [name, node] of model.nodes) {
          if (node.offlineReason === 'maintenance')
            model.change(name, { temporarilyOffline: false, offlineReason: '' })
          if (isForeign(node)) model.nodes.delete(name)
        }
        for (const [name] of model.builds) if (!model.nodes.has(name)) model.builds.delete(name)
        model.nowMs += 700_000
        expect(settle(model, 200)).toEqual([])
        const left = [...model.queue.values()].map(({ wants }) => JSON.stringify(wants))
        expect(left.every((wants) => /windows|64CPU1G/.test(wants))).toBe(true)
        expect(model.containers.size).toBe(0)
      }),
      { numRuns: 100 },
    )
  })

  it('leaves nothing behind when the daemon leaves', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40, size: 'max' }), (history) => {
        const model = new Model()
        for (const event of history) happen(model, event)
        model.openness = 'finishing'
        model.leaving = true
        for (let round = 0; round < 80; round++) {
          model.nowMs += 5_000
          if (round > 60) model.openness = 'closed'
          model.round()
          model.connectAgents()
          if (round % 2 === 1) model.finishAll()
        }
        const own = [...model.nodes.values()].filter(
          (node) => !isForeign(node) && node.offlineReason !== 'maintenance',
        )
        expect(own.filter(({ idle }) => idle)).toEqual([])
        expect(model.containers.size).toBe(0)
      }),
      { numRuns: 100 },
    )
  })
})
