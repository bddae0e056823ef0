import { mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { UserError } from '../../core/errors.ts'
import { openJournal, readJournal } from '../../core/journal.ts'
import { startChild } from '../support/child.ts'
import { tempDir } from '../support/temp-dir.ts'

const schema = z.object({ step: z.string(), details: z.unknown().optional() })
type Entry = z.infer<typeof schema>
const entry = fc.record(
  { step: fc.string({ unit: 'binary' }), details: fc.jsonValue() },
  { requiredKeys: ['step'] },
)
const entries = fc.array(entry, { maxLength: 5 })

const journalPath = async () => join(await tempDir(), 'journal')

/** As JSON keeps it: without -0 and broken surrogates. */
const written = (list: Entry[]): Entry[] => JSON.parse(Buffer.from(JSON.stringify(list)).toString())

async function write(path: string, list: Entry[]): Promise<Buffer> {
  const journal = await openJournal(path, schema)
  for (const one of list) await journal.append(one)
  await journal.close()
  return readFile(path)
}

describe('openJournal', () => {
  it('finds what was appended, in order, across openings', async () => {
    const path = await journalPath()
    await fc.assert(
      fc.asyncProperty(entries, entries, async (first, second) => {
        await writeFile(path, '')
        await write(path, first)
        const journal = await openJournal(path, schema)
        expect(journal.entries).toEqual(written(first))
        for (const one of second) await journal.append(one)
        expect(journal.entries).toEqual(written([...first, ...second]))
        await journal.close()
        expect(await readJournal(path, schema)).toEqual(written([...first, ...second]))
      }),
      { numRuns: 15 },
    )
  })

  it('reads a file that was cut anywhere as the entries that are whole, and goes on from there', async () => {
    const path = await journalPath()
    const list = [{ step: 'ü' }, { step: '🎩' }]
    const whole = await write(path, list)
    for (let length = 0; length <= whole.length; length++) {
      await writeFile(path, whole.subarray(0, length))
      const linesLeft = whole.subarray(0, length).toString().split('\n').length - 1
      expect(await readJournal(path, schema)).toEqual(list.slice(0, linesLeft))
      expect((await stat(path)).size).toBe(length)
      const journal = await openJournal(path, schema)
      expect(journal.entries).toEqual(list.slice(0, linesLeft))
      await journal.append({ step: 'after' })
      await journal.close()
      expect(await readJournal(path, schema)).toEqual([...list.slice(0, linesLeft), { step: 'after' }])
    }
  })

  it('never gives out an entry that was not written, whatever byte is changed', async () => {
    const path = await journalPath()
    const list = written([{ step: 'one' }, { step: 'two', details: 2 }, { step: 'three' }])
    const whole = await write(path, list)
    const lastLine = whole.subarray(0, -1).lastIndexOf('\n') + 1
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      await writeFile(path, bytes)
      const read = await readJournal(path, schema).catch((error: unknown) => error)
      if (at < lastLine - 1) expect(read).toBeInstanceOf(UserError)
      else if (!(read instanceof UserError)) expect(read).toEqual(list.slice(0, (read as Entry[]).length))
    }
  })

  it.each([
    ['removed', ([first = '', , third = '']: string[]) => [first, third]],
    ['repeated', ([first = '', second = '', third = '']: string[]) => [first, second, second, third]],
    ['moved', ([first = '', second = '', third = '']: string[]) => [second, first, third]],
  ])('notices a line that was %s', async (_, change) => {
    const path = await journalPath()
    const lines = (await write(path, [{ step: 'one' }, { step: 'two' }, { step: 'three' }]))
      .toString()
      .split('\n')
    await writeFile(path, `${change(lines).join('\n')}\n`)
    await expect(openJournal(path, schema)).rejects.toMatchObject({
      message: expect.stringMatching(/^the journal .* is damaged at line [123]$/),
      hint: expect.stringContaining(`mv ${path} ${path}.damaged`),
    })
  })

  it('takes a last line of zeros, as a power cut may leave it, for torn', async () => {
    const path = await journalPath()
    const whole = await write(path, [{ step: 'one' }])
    await writeFile(path, Buffer.concat([whole, Buffer.alloc(50), Buffer.from('\n')]))
    expect(await readJournal(path, schema)).toEqual([{ step: 'one' }])
  })

  it('does not touch a damaged file', async () => {
    const path = await journalPath()
    await write(path, [{ step: 'one' }, { step: 'two' }])
    const damaged = (await readFile(path, 'utf8')).replace('one', 'eno')
    await writeFile(path, damaged)
    await expect(openJournal(path, schema)).rejects.toBeInstanceOf(UserError)
    expect(await readFile(path, 'utf8')).toBe(damaged)
  })

  it('refuses entries of another version of the schema and says where', async () => {
    const path = await journalPath()
    await write(path, [{ step: 'one' }])
    await expect(openJournal(path, z.object({ phase: z.string() }))).rejects.toMatchObject({
      message: expect.stringContaining(`${path}, line 1`),
      hint: expect.stringContaining('another version of footman'),
    })
  })

  it('keeps out an entry that it could not read back', async () => {
    const path = await journalPath()
    const journal = await openJournal(path, z.object({ at: z.date() }))
    await expect(journal.append({ at: new Date() })).rejects.toThrow()
    expect(journal.entries).toEqual([])
    await journal.close()
    expect((await stat(path)).size).toBe(0)
  })

  it('keeps entries whole and in order when they are appended all at once', async () => {
    const path = await journalPath()
    const journal = await openJournal(path, schema)
    const list = Array.from({ length: 20 }, (_, i) => ({ step: String(i) }))
    await Promise.all(list.map((one) => journal.append(one)))
    await journal.close()
    expect(await readJournal(path, schema)).toEqual(list)
  })

  it('makes a file that only its owner may read', async () => {
    const path = await journalPath()
    await write(path, [])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('keeps every entry that it promised when the writer is killed at any moment', async () => {
    const path = await journalPath()
    let promised = -1
    for (let round = 0; round < 2; round++) {
      const writer = startChild('append-for-ever', path)
      const stopAt = promised + 5 + Math.floor(Math.random() * 30)
      while (promised < stopAt) promised = Number(await writer.line())
      await delay(Math.random() * 3)
      await writer.kill()
      const numbers = (await readJournal(path, z.object({ n: z.number() }))).map(({ n }) => n)
      expect(numbers).toEqual(numbers.map((_, i) => i))
      expect(numbers.length).toBeGreaterThan(promised)
      promised = numbers.length - 1
    }
  })

  it('says when the file cannot be used', async () => {
    const dir = await tempDir()
    await mkdir(join(dir, 'folder'))
    await expect(openJournal(join(dir, 'folder'), schema)).rejects.toBeInstanceOf(UserError)
    await expect(openJournal(join(dir, 'no', 'journal'), schema)).rejects.toBeInstanceOf(UserError)
  })
})

describe('readJournal', () => {
  it('is empty where there is no file, and makes none', async () => {
    const path = await journalPath()
    expect(await readJournal(path, schema)).toEqual([])
    await expect(stat(path)).rejects.toThrow()
  })

  it('leaves the half-written line of a running writer alone', async () => {
    const path = await journalPath()
    const whole = await write(path, [{ step: 'one' }, { step: 'two' }])
    await truncate(path, whole.length - 3)
    expect(await readJournal(path, schema)).toEqual([{ step: 'one' }])
    expect((await stat(path)).size).toBe(whole.length - 3)
  })
})
