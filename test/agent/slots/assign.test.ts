import { describe, expect, test } from 'vitest'
import { parseLabelExpression } from '../../../agent/labels/parse.ts'
import { assign } from '../../../agent/slots/assign.ts'
import { recollectFailure, recollectGuess } from '../../../agent/slots/recollect.ts'
import { slotsOf } from '../../../agent/slots/slots.ts'
import type { Demand } from '../../../agent/world.ts'
import { Model } from '../model.ts'

const gib = 2 ** 30

function wanting(itemId: number, label: string, over: Partial<Demand> = {}): Demand {
  const wants = { kind: 'expression', expression: parseLabelExpression(label) } as const
  return { itemId, title: `build ${itemId}`, waitingSinceMs: itemId, wants, ...over }
}

/** A model in which these builds wait. */
function withDemand(...demand: Demand[]): Model {
  const model = new Model()
  model.addNode('ann-1', [])
  for (const one of demand) model.enqueue(one)
  return model
}

function assigned(model: Model) {
  const world = model.world()
  return assign(slotsOf(world), world)
}

function reasons(model: Model): string[] {
  return assigned(model).waiting.map(({ reason }) => reason)
}

/** A container that runs in a slot, connected and idle unless its node is changed. */
function serving(model: Model, slot: string, cpus: number): void {
  const nodeLabels = ['linux', 'amd64', 'ann', `${cpus}CPU${cpus}G`]
  model.setLabels(slot, nodeLabels)
  model.addContainer({ slot, template: 'default', size: { cpus, memoryBytes: cpus * gib }, nodeLabels })
  model.change(slot, { connected: true })
}

describe('a slot is opened', () => {
  test('for each build, oldest first, in the order of their numbers', () => {
    const { actions } = assigned(withDemand(wanting(2, '2CPU2G'), wanting(1, '4CPU4G')))
    expect(actions).toMatchObject([
      { kind: 'open', plan: { slot: 'ann-1', size: { cpus: 4 } }, nodeExists: true, because: 'build 1' },
      { kind: 'open', plan: { slot: 'ann-2', size: { cpus: 2 } }, nodeExists: false, because: 'build 2' },
    ])
  })

  test('by the very name that a label asks for, though others are free', () => {
    const { actions } = assigned(withDemand(wanting(1, 'ann-2')))
    expect(actions).toMatchObject([{ kind: 'open', plan: { slot: 'ann-2' } }])
  })

  test('of another name than a label excludes', () => {
    const { actions } = assigned(withDemand(wanting(1, '!ann-1')))
    expect(actions).toMatchObject([{ kind: 'open', plan: { slot: 'ann-2' } }])
  })

  test('with what was announced there before a crash, when Jenkins names the node instead of the label', () => {
    const model = withDemand({ ...wanting(1, 'x'), wants: { kind: 'node', node: 'ann-1' } })
    model.setLabels('ann-1', ['linux', 'amd64', 'ann', '4CPU4G'])
    expect(assigned(model).actions).toMatchObject([
      { kind: 'open', plan: { slot: 'ann-1', size: { cpus: 4 } } },
    ])
  })

  test('beside a busy one that Jenkins names instead of the label that both have', () => {
    const model = withDemand({ ...wanting(1, 'x'), wants: { kind: 'node', node: 'ann-1' } })
    serving(model, 'ann-1', 4)
    model.change('ann-1', { idle: false })
    expect(assigned(model).actions).toMatchObject([
      { kind: 'open', plan: { slot: 'ann-2', size: { cpus: 4 } } },
    ])
  })

  test('never while the door is closing, except for a build that waits for its node', () => {
    const model = withDemand(wanting(1, '2CPU2G'))
    model.openness = 'finishing'
    model.builds.set('ann-2', 7)
    model.addNode('ann-2', ['linux', 'amd64', 'ann', '2CPU2G'])
    const { actions, waiting } = assigned(model)
    expect(actions).toMatchObject([{ kind: 'open', plan: { slot: 'ann-2' } }])
    expect(waiting).toMatchObject([{ reason: 'this machine takes no builds at the moment' }])
  })
})

describe('nothing is started', () => {
  test('for a build that an idle or starting container of ours will take, which is kept for it', () => {
    const model = withDemand(wanting(1, '2CPU2G'))
    serving(model, 'ann-1', 2)
    expect(assigned(model)).toMatchObject({ actions: [], waiting: [], reserved: new Set(['ann-1']) })
    model.drop('ann-1')
    expect(assigned(model)).toMatchObject({ actions: [], waiting: [], reserved: new Set(['ann-1']) })
  })

  test('for a second build on the strength of a first one’s container', () => {
    const model = withDemand(wanting(1, '2CPU2G'), wanting(2, '2CPU2G'))
    serving(model, 'ann-1', 2)
    expect(assigned(model).actions).toMatchObject([{ kind: 'open', plan: { slot: 'ann-2' } }])
  })

  test('beyond the budget: idle containers make room, busy ones are waited for', () => {
    const model = withDemand(wanting(1, '8CPU8G'))
    serving(model, 'ann-1', 4)
    expect(assigned(model).actions).toEqual([
      { kind: 'mark', slot: 'ann-1', because: 'idle, and its room is needed' },
    ])
    model.change('ann-1', { idle: false })
    const { actions, waiting } = assigned(model)
    expect(actions).toEqual([])
    expect(waiting[0]?.reason).toMatch(/needs 8 CPUs.* 4 CPUs.*left/)
  })

  test('when all slots are in use, or the one that is asked for', () => {
    const model = withDemand(wanting(1, 'ann-1'))
    serving(model, 'ann-1', 1)
    model.change('ann-1', { idle: false })
    expect(reasons(model)).toEqual(['it asks for ann-1, which is in use'])
    for (const slot of ['ann-2', 'ann-3', 'ann-4']) {
      serving(model, slot, 1)
      model.change(slot, { idle: false })
    }
    expect(reasons(model)).toEqual(['all 4 slots of this machine are in use'])
  })

  test('while the template rests after failures; and when that ends is told', () => {
    const model = withDemand(wanting(1, '2CPU2G'))
    const failure = { template: 'default', nowMs: model.nowMs }
    model.recollection = recollectFailure(recollectFailure(model.recollection, failure), failure)
    const { actions, waiting } = assigned(model)
    expect(actions).toEqual([])
    expect(waiting).toMatchObject([
      {
        reason: 'containers of template default failed to start, 2 in a row; next try in 20s',
        retryAtMs: model.nowMs + 20_000,
      },
    ])
    model.nowMs += 20_000
    expect(assigned(model).actions).toMatchObject([{ kind: 'open' }])
  })

  test('in a slot that rests, but in the next one', () => {
    const model = withDemand(wanting(1, '2CPU2G'))
    model.recollection = recollectFailure(model.recollection, { slot: 'ann-1', nowMs: model.nowMs })
    expect(assigned(model).actions).toMatchObject([{ kind: 'open', plan: { slot: 'ann-2' } }])
  })

  test('when a laptop that comes first may do it; our turn comes if it does not', () => {
    const model = withDemand(wanting(1, '2CPU2G'))
    const tag = (id: string) => `[footman id=${id} machine=${id} cpus=8 memory=16384M slots=4 features=linux]`
    for (const id of ['b1', 'b2', 'b3', 'b4', 'b5', 'b6']) model.addNode(`${id}-1`, [], tag(id))
    const turns: number[] = []
    for (let itemId = 1; itemId <= 40; itemId++) {
      model.queue.clear()
      model.enqueue(wanting(itemId, '2CPU2G'))
      const [first] = assigned(model).waiting
      if (first) turns.push((first.retryAtMs ?? 0) - model.nowMs)
    }
    expect(turns.length).toBeGreaterThan(20)
    expect(new Set(turns)).toEqual(new Set([10_000]))
    model.nowMs += 60_000
    expect(assigned(model).actions).toMatchObject([{ kind: 'open' }])
  })

  test('without its image, which is asked for once', () => {
    const model = withDemand(wanting(1, '2CPU2G'), wanting(2, '2CPU2G'))
    model.missingImages = ['default']
    const { actions, waiting } = assigned(model)
    expect(actions).toEqual([{ kind: 'pull', template: 'default' }])
    expect(waiting.map(({ reason }) => reason)).toEqual(
      Array(2).fill('the image of template default is being pulled'),
    )
  })

  test('for a build that waits for its node while the image rests after a failed pull', () => {
    const model = new Model()
    model.builds.set('ann-1', 7)
    model.addNode('ann-1', ['linux', 'amd64', 'ann', '2CPU2G'])
    model.missingImages = ['default']
    expect(assigned(model).actions).toEqual([{ kind: 'pull', template: 'default' }])
    model.recollection = recollectFailure(model.recollection, { template: 'default', nowMs: model.nowMs })
    expect(assigned(model).actions).toEqual([])
  })
})

describe('a build whose label is only inferred', () => {
  const expression = parseLabelExpression('2CPU2G')
  const guess = wanting(1, 'x', { wants: { kind: 'expression', expression, inferredFrom: 'bob-1' } })
  const reason = 'Jenkins names bob-1 instead of the label, and a container like that one was tried already'

  test('is tried once, and the action says that it is a guess', () => {
    const model = withDemand(guess)
    expect(assigned(model).actions).toMatchObject([{ kind: 'open', guessFor: 1 }])
    model.recollection = recollectGuess(model.recollection, 1, model.nowMs)
    expect(assigned(model)).toMatchObject({ actions: [], waiting: [{ reason }] })
  })

  test('holds no container back that idles although the build waits', () => {
    const model = withDemand(guess, wanting(2, '2CPU2G'))
    model.recollection = recollectGuess(model.recollection, 1, model.nowMs)
    serving(model, 'ann-1', 2)
    const { actions, waiting, reserved } = assigned(model)
    expect([actions, waiting, reserved]).toMatchObject([[], [{ itemId: 1, reason }], new Set(['ann-1'])])
    model.queue.delete(2)
    expect(assigned(model).reserved).toEqual(new Set())
  })

  test('waits for its container as long as that starts', () => {
    const model = withDemand(guess)
    model.recollection = recollectGuess(model.recollection, 1, model.nowMs)
    serving(model, 'ann-1', 2)
    model.drop('ann-1')
    expect(assigned(model)).toMatchObject({ actions: [], waiting: [], reserved: new Set(['ann-1']) })
  })
})
