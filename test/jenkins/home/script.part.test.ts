import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fingerprint } from './fingerprint.ts'
import { apply, change } from './random-tree.ts'
import { type ScriptStage, scriptStage } from './script-stage.ts'

const facts = JSON.stringify({ version: '1' })
const someChanges = fc.array(change, { minLength: 5, maxLength: 25 })

async function holds(stage: ScriptStage, id: string, what: Record<string, string>): Promise<void> {
  expect(await fingerprint(stage.backup(id, 'home'))).toEqual(what)
}

/** It runs the script ninety times, and other tests may run beside it. */
const timeoutMs = 300_000

describe('the script', () => {
  it(
    'keeps any home, whatever happens to it, and puts it back exactly',
    async () => {
      const states = fc.record({
        first: someChanges,
        warm: someChanges,
        more: someChanges,
        failed: someChanges,
      })
      await fc.assert(
        fc.asyncProperty(states, async ({ first, warm, more, failed }) => {
          const stage = await scriptStage()
          const happens = (changes: typeof first) => {
            for (const change of changes) apply(stage.home, change)
          }

          happens(first)
          await stage.results('warm', 'one')
          await stage.results('snapshot', 'one', facts)
          const one = await fingerprint(stage.home)
          await holds(stage, 'one', one)

          happens(warm)
          await stage.results('warm', 'two', 'one')
          happens(more)
          await stage.results('snapshot', 'two', facts)
          const two = await fingerprint(stage.home)
          await holds(stage, 'two', two)
          expect(await stage.results('verify', 'two')).toEqual([])

          happens(failed)
          const three = await fingerprint(stage.home)
          await stage.results('restore', 'two', 'bad', facts)
          expect(await fingerprint(stage.home)).toEqual(two)
          await holds(stage, 'failed/bad', three)
          expect(await stage.results('compare', 'two')).toEqual([])

          await stage.results('restore', 'one')
          expect(await fingerprint(stage.home)).toEqual(one)
          await holds(stage, 'one', one)
          await holds(stage, 'two', two)
          await holds(stage, 'failed/bad', three)
        }),
        { numRuns: 10, endOnFailure: true },
      )
    },
    timeoutMs,
  )
})
