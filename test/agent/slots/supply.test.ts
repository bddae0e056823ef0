import { expect, test } from 'vitest'
import { parseLabelExpression } from '../../../agent/labels/parse.ts'
import { slotsOf } from '../../../agent/slots/slots.ts'
import { supplyFor, supplyOf } from '../../../agent/slots/supply.ts'
import type { Demand } from '../../../agent/world.ts'
import { Model } from '../model.ts'

const bob = '[footman id=b0b machine=bob cpus=8 memory=16384M slots=4 features=linux]'

function supply(model: Model): string[] {
  const world = model.world()
  return supplyOf(slotsOf(world), world).map(({ node }) => node)
}

function takerOf(model: Model, wants: Demand['wants']): string | undefined {
  const world = model.world()
  const slots = slotsOf(world)
  const demand = { itemId: 1, title: 'app', waitingSinceMs: 0, wants }
  return supplyFor(demand, supplyOf(slots, world), slots)?.node
}

function serving(model: Model, slot: string, labels: string[]): void {
  model.addNode(slot, labels)
  model.addContainer({
    slot,
    template: 'default',
    size: { cpus: 1, memoryBytes: 2 ** 30 },
    nodeLabels: labels,
  })
}

test('our containers count from their start until they are marked or busy', () => {
  const model = new Model()
  serving(model, 'ann-1', ['x'])
  expect(supply(model)).toEqual(['ann-1'])
  model.connectAgents()
  expect(supply(model)).toEqual(['ann-1'])
  model.change('ann-1', { idle: false })
  expect(supply(model)).toEqual([])
  model.change('ann-1', { idle: true, temporarilyOffline: true, offlineReason: 'footman: idle' })
  expect(supply(model)).toEqual([])
})

test('nodes of others count while they are online, unmarked and idle', () => {
  const model = new Model()
  model.addNode('permanent', ['linux'], 'made by hand')
  expect(supply(model)).toEqual([])
  model.change('permanent', { connected: true })
  expect(supply(model)).toEqual(['permanent'])
  model.change('permanent', { idle: false })
  expect(supply(model)).toEqual([])
})

test('what another laptop announces counts until its agent should have come', () => {
  const model = new Model()
  model.addNode('bob-1', ['linux', '2CPU2G'], bob)
  expect(supply(model)).toEqual(['bob-1'])
  model.nowMs += 90_000
  expect(supply(model)).toEqual([])
})

test('a build is taken by what satisfies its label, or is named by it', () => {
  const model = new Model()
  serving(model, 'ann-1', ['linux', '2CPU2G'])
  const wanting = (label: string) =>
    takerOf(model, { kind: 'expression', expression: parseLabelExpression(label) })
  expect(wanting('linux&&2CPU2G')).toBe('ann-1')
  expect(wanting('ann-1')).toBe('ann-1')
  expect(wanting('4CPU4G')).toBeUndefined()
})

test('of a build that waits for a busy node of ours any executor with the same labels will do', () => {
  const model = new Model()
  serving(model, 'ann-1', ['linux', '2CPU2G'])
  model.connectAgents()
  model.change('ann-1', { idle: false })
  const waits = { kind: 'node', node: 'ann-1' } as const
  expect(takerOf(model, waits)).toBeUndefined()
  serving(model, 'ann-2', ['linux', '2CPU2G'])
  expect(takerOf(model, waits)).toBe('ann-2')
})

test('of a build that waits for a node without labels nobody else’s executor will do', () => {
  const model = new Model()
  model.addNode('ann-1', [])
  model.addNode('permanent', ['linux'], 'made by hand')
  model.change('permanent', { connected: true })
  expect(takerOf(model, { kind: 'node', node: 'ann-1' })).toBeUndefined()
})
