import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canServe, fleetOf } from '../../../agent/fleet/fleet.ts'
import { formatNodeDescription, type NodeTag, parseNodeDescription } from '../../../agent/fleet/node-tag.ts'
import { parseLabelExpression } from '../../../agent/labels/parse.ts'
import type { NodeState } from '../../../jenkins/jenkins.ts'
import { parkedNode, sizeOf } from '../fleet-laptop.ts'
import { type Scenario, simulate } from '../fleet-simulation.ts'

const bob: NodeTag = {
  id: 'b0b',
  machine: 'bob',
  budget: sizeOf('8CPU16G'),
  slots: 2,
  features: [
    ['linux', 'amd64'],
    ['linux', 'chrome'],
  ],
}

describe("the description of a footman's node", () => {
  it('is a sentence for people with a tag for other laptops', () => {
    expect(formatNodeDescription(bob)).toBe(
      'Lent by bob: a container starts here when a build asks for it. ' +
        '[footman id=b0b machine=bob cpus=8 memory=16384M slots=2 features=linux,amd64|linux,chrome]',
    )
  })

  it('is read back, whatever the names, also when somebody wrote around it', () => {
    const name = fc.oneof(
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.constantFrom('a]b', 'a=b', 'a|b,c', '%41'),
    )
    const tag = fc.record({
      id: name,
      machine: name,
      budget: fc.record({
        cpus: fc.integer({ min: 1, max: 6400 }).map((n) => n / 100),
        memoryBytes: fc.integer({ min: 1, max: 1_000_000 }).map((n) => n * 2 ** 20),
      }),
      slots: fc.integer({ min: 1, max: 64 }),
      features: fc.array(fc.array(name, { minLength: 1 }), { minLength: 1 }),
    })
    fc.assert(
      fc.property(tag, (one) => {
        expect(parseNodeDescription(`Note: ${formatNodeDescription(one)} Do not delete!`)).toEqual(one)
      }),
    )
  })

  it.each([
    '',
    'a build machine',
    '[footman]',
    '[footman id=1]',
    '[footman id=1 machine=m cpus=x memory=1M]',
    '[footman id=1 machine=m cpus=1 memory=1]',
    '[footman id=%ff machine=m cpus=1 memory=1M]',
  ])('is not seen in %j', (description) => {
    expect(parseNodeDescription(description)).toBeUndefined()
  })
})

describe('the fleet', () => {
  const parked = bobsNode('bob-1', [])
  const announced = bobsNode('bob-2', ['linux', 'amd64', '4CPU8G', '2CPU8G'])
  const online: NodeState = { ...bobsNode('bob-3', ['linux', '1CPU2G']), connected: true, offline: false }

  it('is all machines with tagged nodes but our own', () => {
    const nodes = [
      parked,
      announced,
      parkedNode('ann-1', formatNodeDescription({ ...bob, id: 'a', machine: 'ann' })),
    ]
    expect(fleetOf([...nodes, parkedNode('qa', 'a build machine')], 'a').map(({ name }) => name)).toEqual([
      'bob',
    ])
    expect(fleetOf(nodes, 'me').map(({ name }) => name)).toEqual(['ann', 'bob'])
  })

  it('is known by what it lends, what is taken of that, and what it has announced', () => {
    const [machine] = fleetOf([parked, announced, online], 'me')
    expect(machine).toMatchObject({
      total: sizeOf('8CPU16G'),
      free: sizeOf('3CPU6G'),
      freeSlots: 0,
      nextSlot: 'bob-1',
      isOpen: true,
    })
    expect(machine?.claims.map(({ name }) => name)).toEqual(['bob-2'])
  })

  it.each([
    ['linux', [parked], true],
    ['8CPU16G', [parked], true],
    ['8CPU16G', [parked, announced], false],
    ['4CPU8G && chrome', [parked, announced], true],
    ['chrome && amd64', [parked], false],
    ['!chrome', [parked], true],
    ['arm64', [parked], false],
    ['bob-1', [parked], true],
    ['linux', [parked, announced, online], false],
    ['linux', [{ ...parked, temporarilyOffline: true }], false],
  ] as const)('can serve %s or not: %#', (label, nodes, expected) => {
    const [machine] = fleetOf(nodes, 'me')
    if (!machine) throw new Error('bob is missing')
    expect(canServe(machine, parseLabelExpression(label), sizeOf('1CPU2G'))).toBe(expected)
  })
})

describe('a thousand laptops and five hundred builds', () => {
  const scenario: Scenario = {
    seed: 1,
    laptops: 1000,
    asleep: 0,
    items: 500,
    arriveWithinMs: 300_000,
    intervalMs: 10_000,
    announceMs: 300,
    buildMs: 300_000,
  }

  it('start at most 1 % needless containers, and serve every build', () => {
    const outcome = simulate(scenario)
    expect(outcome.served).toBe(500)
    expect(outcome.needless).toBeLessThanOrEqual(outcome.started / 100)
    expect(outcome.doubled).toBeLessThanOrEqual(outcome.started / 100)
    expect(outcome.longestWaitMs).toBeLessThan(3 * scenario.intervalMs)
  }, 60_000)

  it('serve every build also when each fifth laptop is registered but asleep', () => {
    const outcome = simulate({ ...scenario, seed: 2, asleep: 0.2 })
    expect(outcome.served).toBe(500)
    expect(outcome.needless).toBeLessThanOrEqual(outcome.started / 50)
    expect(outcome.longestWaitMs).toBeLessThan(6 * scenario.intervalMs)
  }, 60_000)
})

function bobsNode(name: string, labels: string[]): NodeState {
  return { ...parkedNode(name, formatNodeDescription(bob)), labels }
}
