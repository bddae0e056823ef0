import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { run } from '../../core/process.ts'
import { unifiedDiff } from '../../library/diff.ts'
import { editsBetween } from '../../library/edit-script.ts'
import { tempDir } from '../support/temp-dir.ts'

const lines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}`)
const text = (all: readonly string[]) => all.map((line) => `${line}\n`).join('')

it('shows a change with three lines around it', () => {
  const before = lines(9)
  expect(unifiedDiff('a.txt', text(before), text(before.with(4, 'changed')))).toBe(
    `--- a/a.txt
+++ b/a.txt
@@ -2,7 +2,7 @@
 line 2
 line 3
 line 4
-line 5
+changed
 line 6
 line 7
 line 8
`,
  )
})

it('shows distant changes apart, and near ones together', () => {
  const before = lines(30)
  const hunks = (...places: number[]) => {
    const after = places.reduce((all, place) => all.with(place, 'x'), before)
    return unifiedDiff('a', text(before), text(after)).match(/^@@.*@@$/gm)
  }
  expect(hunks(3, 20)).toEqual(['@@ -1,7 +1,7 @@', '@@ -18,7 +18,7 @@'])
  expect(hunks(3, 9)).toEqual(['@@ -1,13 +1,13 @@'])
})

it('shows a new and a removed file as whole, and nothing when nothing differs', () => {
  expect(unifiedDiff('a', undefined, 'x\ny\n')).toBe('--- /dev/null\n+++ b/a\n@@ -0,0 +1,2 @@\n+x\n+y\n')
  expect(unifiedDiff('a', 'x\n', undefined)).toBe('--- a/a\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-x\n')
  expect(unifiedDiff('a', 'x\n', 'x\n')).toBe('')
})

it('says when the last line does not end', () => {
  expect(unifiedDiff('a', 'x', 'x\n')).toContain('-x\n\\ No newline at end of file\n+x\n')
})

const some = fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 30 })

it('what is kept and taken out makes the old text, what is kept and put in the new', () => {
  fc.assert(
    fc.property(some, some, (from, to) => {
      const edits = editsBetween(from, to)
      expect(edits.filter(({ mark }) => mark !== '+').map(({ line }) => line)).toEqual(from)
      expect(edits.filter(({ mark }) => mark !== '-').map(({ line }) => line)).toEqual(to)
    }),
  )
})

it('is a patch that git applies', async () => {
  const dir = await tempDir()
  const samples = fc.sample(fc.tuple(some, some), { numRuns: 12, seed: 7 })
  for (const [index, [from, to]] of samples.entries()) {
    const name = `f${index}`
    await writeFile(join(dir, name), text(from))
    const patch = unifiedDiff(name, text(from), text(to))
    if (patch === '') continue
    const { exitCode, stderr } = await run(['git', 'apply', '--unidiff-zero', '--whitespace=nowarn', '-'], {
      cwd: dir,
      input: patch,
      timeoutMs: 10_000,
    })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const { stdout } = await run(['cat', name], { cwd: dir, timeoutMs: 10_000 })
    expect(stdout).toBe(text(to))
  }
})

it('does not think for ever about texts that have nothing in common', () => {
  const before = Array.from({ length: 3000 }, (_, index) => `a${index}`)
  const after = Array.from({ length: 3000 }, (_, index) => `b${index}`)
  const startedAt = performance.now()
  expect(editsBetween(before, after)).toHaveLength(6000)
  expect(performance.now() - startedAt).toBeLessThan(3000)
})
