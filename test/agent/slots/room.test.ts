import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addSizes, fits } from '../../../agent/labels/size.ts'
import { roomFor } from '../../../agent/slots/room.ts'
import type { Slot } from '../../../agent/slots/slots.ts'
import type { ObservedContainer } from '../../../agent/world.ts'

const gib = 2 ** 30
const size = (cpus: number) => ({ cpus, memoryBytes: cpus * gib })

function slot(name: string, phase: Slot['phase'], cpus: number): Slot {
  const container: ObservedContainer = {
    id: name,
    slot: name,
    status: 'running',
    template: 'default',
    size: size(cpus),
    nodeLabels: [],
    createdAtMs: 0,
    oomKilled: false,
    exitCode: undefined,
    link: 'unknown',
  }
  return { name, node: undefined, container, surplus: [], phase }
}

const nobody = new Set<string>()

test('the longest idle goes first, and no more go than have to', () => {
  const slots = [slot('young', 'idle', 2), slot('old', 'idle', 2), slot('oldest', 'idle', 2)]
  const idleSince = { young: 30, old: 20, oldest: 10 }
  expect(roomFor(size(4), { room: size(1), slots, spared: nobody, idleSince })).toEqual(['oldest', 'old'])
})

test('what ends anyway is counted, so that nothing goes for it twice', () => {
  const slots = [slot('ending', 'stopping', 4), slot('idle', 'idle', 4)]
  expect(roomFor(size(4), { room: size(0), slots, spared: nobody, idleSince: {} })).toEqual([])
})

test('nothing goes when all of it would not do', () => {
  const slots = [slot('idle', 'idle', 2), slot('busy', 'busy', 6)]
  expect(roomFor(size(8), { room: size(0), slots, spared: nobody, idleSince: {} })).toEqual([])
})

test('whatever the machine looks like, what goes is idle, not spared, enough, and none of it too much', () => {
  const slotList = fc
    .array(
      fc.tuple(
        fc.constantFrom('idle', 'busy', 'stopping') as fc.Arbitrary<Slot['phase']>,
        fc.integer({ min: 1, max: 4 }),
      ),
      {
        maxLength: 6,
      },
    )
    .map((list) => list.map(([phase, cpus], index) => slot(`s${index}`, phase, cpus)))
  fc.assert(
    fc.property(
      slotList,
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 1, max: 12 }),
      (slots, free, needed) => {
        const spared = new Set(['s1'])
        const chosen = roomFor(size(needed), { room: size(free), slots, spared, idleSince: {} })
        const gone = slots.filter(({ name }) => chosen.includes(name))
        expect(gone.every(({ name, phase }) => phase === 'idle' && !spared.has(name))).toBe(true)
        if (chosen.length === 0) return
        const ending = slots.filter(({ phase }) => phase === 'stopping')
        const roomWith = (some: Slot[]) =>
          addSizes(size(free), ...[...ending, ...some].map(({ container }) => container?.size ?? size(0)))
        expect(fits(size(needed), roomWith(gone))).toBe(true)
        expect(fits(size(needed), roomWith(gone.slice(0, -1)))).toBe(false)
      },
    ),
  )
})
