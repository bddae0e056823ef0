import { appendFile, stat, truncate, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { tempDir } from '../../support/temp-dir.ts'

const { readOutput } = createRequire(import.meta.url)('../../../jenkins/practice/agent/output.cjs')

it('reads a log that grows by any bytes as whole characters, without losing or repeating one', async () => {
  const log = join(await tempDir(), 'log')
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.integer({ min: 1, max: 9 })), async (written, pieces) => {
      await writeFile(log, '')
      const bytes = Buffer.from(written)
      let seen = 0
      let read = ''
      for (let at = 0, n = 0; at < bytes.length; at += pieces[n++] ?? bytes.length) {
        await appendFile(log, bytes.subarray(at, at + (pieces[n] ?? bytes.length)))
        const piece = readOutput(log, seen)
        seen += piece.bytes
        read += piece.text
      }
      expect(read).toBe(bytes.toString())
      expect(seen).toBe(bytes.length)
    }),
    { numRuns: 100 },
  )
})

it('goes on after bytes that are no characters', async () => {
  const log = join(await tempDir(), 'log')
  await writeFile(log, Buffer.from([0xff, 0xe9, 0x41, 0x0a]))
  expect(readOutput(log, 0)).toEqual({ text: '\ufffd\ufffdA\n', bytes: 4 })
})

it('keeps 16 MiB of a log and no more, so that a build cannot fill the disk with it', async () => {
  const log = join(await tempDir(), 'log')
  await writeFile(log, 'begin')
  await truncate(log, 20 * 2 ** 20)
  expect(readOutput(log, 0).text.startsWith('begin')).toBe(true)
  expect((await stat(log)).size).toBe(16 * 2 ** 20)
})

it('finds nothing in a log that is not there yet', async () => {
  expect(readOutput(join(await tempDir(), 'log'), 0)).toEqual({ text: '', bytes: 0 })
})
