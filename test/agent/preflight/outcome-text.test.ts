import { expect, test } from 'vitest'
import { fail, ok, skipped, warn } from '../../../agent/preflight/check.ts'
import { outcomeLine, verdictLine } from '../../../agent/preflight/outcome-text.ts'

const plain = { write: () => true }

test('a cure stands below what it cures, in the same column', () => {
  expect(outcomeLine(ok('clock', 'within 1s of the controller'), plain)).toBe(
    'ok    clock           within 1s of the controller\n',
  )
  expect(outcomeLine(fail('disk', '3 GiB free', 'free some space'), plain)).toBe(
    'FAIL  disk            3 GiB free\n                      cure: free some space\n',
  )
})

test('the verdict counts', () => {
  const outcomes = [ok('a', ''), warn('b', '', 'c'), skipped('d', '')]
  expect(verdictLine({ passed: true, transport: 'tcp', outcomes })).toBe(
    'This machine can lend, with 1 warning. Start with: footman agent run',
  )
  expect(
    verdictLine({ passed: false, transport: undefined, outcomes: [fail('a', '', 'b'), fail('c', '', 'd')] }),
  ).toBe('This machine cannot lend yet: 2 checks fail.')
})
