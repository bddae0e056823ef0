import { expect, test } from 'vitest'
import { parseLabelExpression } from '../../../agent/labels/parse.ts'
import { candidates, namedSlots, place, slotNames } from '../../../agent/slots/candidates.ts'
import { machine, templates } from '../model.ts'

const names = slotNames(machine)
const wanting = (label: string) =>
  ({ wants: { kind: 'expression', expression: parseLabelExpression(label) } }) as const

function placeOf(label: string, free: string[] = names) {
  const { expression } = wanting(label).wants
  const request = { expression, templates, available: machine.budget, budget: machine.budget }
  const placement = place(request, candidates(free, namedSlots(wanting(label), names)))
  return 'impossible' in placement ? placement.impossible : placement.slot
}

test('slots are numbered from one', () => {
  expect(names).toEqual(['ann-1', 'ann-2', 'ann-3', 'ann-4'])
})

test.each([
  ['2CPU2G', []],
  ['ann-3||2CPU2G', ['ann-3']],
  ['ann-2&&!ann-4', ['ann-2', 'ann-4']],
  ['ann-9', []],
  ['bob-1', []],
])('%s names %j', (label, named) => {
  expect(namedSlots(wanting(label), names)).toEqual(named)
})

test('a build for which Jenkins names our node names that one', () => {
  expect(namedSlots({ wants: { kind: 'node', node: 'ann-2' } }, names)).toEqual(['ann-2'])
})

test.each([
  ['2CPU2G', 'ann-1'],
  ['ann-2', 'ann-2'],
  ['!ann-1&&2CPU2G', 'ann-2'],
  ['!ann-1&&!ann-2', 'ann-3'],
  ['ann-3||2CPU2G', 'ann-3'],
  ['windows', 'no-template'],
  ['99CPU1G', 'too-large'],
  ['windows||99CPU1G', 'too-large'],
])('%s is placed in %s', (label, slot) => {
  expect(placeOf(label)).toBe(slot)
})

test('what comes nearest to fitting says why nothing does', () => {
  const { expression } = wanting('4CPU4G').wants
  const available = { cpus: 1, memoryBytes: 2 ** 30 }
  expect(place({ expression, templates, available, budget: machine.budget }, ['ann-1'])).toMatchObject({
    impossible: 'busy',
    size: { cpus: 4 },
  })
  expect(place({ expression, templates, available, budget: machine.budget }, [])).toMatchObject({
    impossible: 'no-template',
  })
})
