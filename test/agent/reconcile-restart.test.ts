import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseLabelExpression } from '../../agent/labels/parse.ts'
import type { Action } from '../../agent/world.ts'
import { Model } from './model.ts'

let items = 0

function enqueue(model: Model, label: string): void {
  const itemId = ++items
  const wants = { kind: 'expression', expression: parseLabelExpression(label) } as const
  model.enqueue({ itemId, title: `build ${itemId}`, waitingSinceMs: model.nowMs, wants })
}

/** A model in which a build of this label runs on ann-1. */
function running(label: string): Model {
  const model = new Model()
  enqueue(model, label)
  for (let round = 0; round < 2; round++) {
    model.round()
    model.connectAgents()
    model.schedule()
  }
  expect(model.builds.size).toBe(1)
  return model
}

function kinds(actions: readonly Action[]): string[] {
  return actions.map(({ kind }) => kind)
}

describe('agent/reconcile, when the controller restarts', () => {
  it('gives a marked slot back to the Pipeline that began there between the look and the mark', () => {
    const model = running('2CPU2G')
    model.finishAll()
    model.round()
    model.nowMs += 60_000
    const late = () => {
      enqueue(model, '2CPU2G')
      model.schedule()
    }
    expect(kinds(model.round(undefined, late).actions)).toEqual(['mark'])
    model.restartController()
    model.carryOn()
    model.connectAgents()
    expect(model.round().actions).toEqual([{ kind: 'unmark', slot: 'ann-1' }])
    model.schedule()
    expect(model.round().actions).toEqual([])
    expect(model.builds.get('ann-1')).toBe(items)
  })

  it('lets a Pipeline end that Jenkins carries on while no more builds are taken', () => {
    const model = running('2CPU2G')
    model.openness = 'finishing'
    expect(kinds(model.round().actions)).toEqual(['mark'])
    model.restartController()
    model.connectAgents()
    expect(model.round().actions).toEqual([])
    model.carryOn()
    expect(kinds(model.round().actions)).toEqual(['unmark'])
    model.schedule()
    expect(kinds(model.round().actions)).toEqual(['mark'])
    expect(model.round().actions).toEqual([])
    model.finishAll()
    expect(kinds(model.round().actions)).toEqual(['remove'])
    expect(model.lost).toEqual([])
  })

  it('needs no room of a container to which a Pipeline may come back', () => {
    const model = running('6CPU4G')
    model.restartController()
    model.connectAgents()
    enqueue(model, '8CPU8G')
    expect(model.round().actions).toEqual([])
    model.nowMs += 30_000
    expect(kinds(model.round().actions)).toEqual(['mark'])
  })

  it('waits for a Pipeline to come back to a node that a person marked', () => {
    const model = running('2CPU2G')
    model.change('ann-1', { temporarilyOffline: true, offlineReason: 'maintenance' })
    model.restartController()
    model.carryOn()
    model.connectAgents()
    expect(model.round().actions).not.toContainEqual(expect.objectContaining({ slot: 'ann-1' }))
    expect(model.nodes.get('ann-1')?.offlineReason).toBe('maintenance')
  })

  it('opens nothing for a build that only waits for its marked node, while no builds are taken', () => {
    const model = running('2CPU2G')
    model.finishAll()
    model.openness = 'finishing'
    expect(kinds(model.round().actions)).toEqual(['mark'])
    const wants = { kind: 'node', node: 'ann-1' } as const
    model.enqueue({ itemId: ++items, title: 'another', waitingSinceMs: model.nowMs, wants })
    expect(kinds(model.round().actions)).toEqual(['remove'])
  })

  it('loses no Pipeline, whenever the controller restarts', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 80, size: 'max' }), (history) => {
        const model = new Model()
        for (const event of history) happen(model, event)
        expect(model.lost).toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})

const happening = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('enqueue' as const),
      label: fc.constantFrom('2CPU2G', '4CPU4G', '8CPU16G', 'linux'),
    }),
  },
  { weight: 8, arbitrary: fc.record({ what: fc.constant('round' as const), isOvertaken: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({ what: fc.constantFrom('connect', 'schedule', 'finish', 'wait', 'carryOn') }),
  },
  { weight: 1, arbitrary: fc.constant({ what: 'restart' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('openness' as const),
      to: fc.constantFrom('open' as const, 'finishing' as const),
    }),
  },
)

type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never

function happen(model: Model, event: Happening): void {
  switch (event.what) {
    case 'enqueue':
      return enqueue(model, event.label)
    case 'round':
      model.round(undefined, () => event.isOvertaken && model.schedule())
      return
    case 'connect':
      return model.connectAgents()
    case 'schedule':
      return model.schedule()
    case 'finish':
      return model.finishAll()
    case 'carryOn':
      return model.carryOn()
    case 'restart':
      model.restartController()
      // The daemon looks every few seconds, and Jenkins is not longer about it.
      model.round()
      return
    case 'openness':
      model.openness = event.to
      return
    default:
      model.carryOn()
      model.connectAgents()
      model.round()
      model.nowMs += 20_000
  }
}
