import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openJournal, readJournal } from '../../../core/journal.ts'
import { compact } from '../../../jenkins/upgrade/compact.ts'
import { type Entry, entrySchema } from '../../../jenkins/upgrade/entries.ts'
import { summaryOf, transactionsOf, unfinishedOf } from '../../../jenkins/upgrade/transactions.ts'
import { tempDir } from '../../support/temp-dir.ts'

const release = { version: '2.498', imageId: 'old image', digest: undefined, reference: 'jenkins:lts' }
const recipe = { name: 'jenkins', body: { Image: 'old image' }, connect: [] }

function transaction(number: number, isFinished = true): Entry[] {
  const common = { transaction: `t${number}`, at: number }
  const begun: Entry[] = [
    {
      ...common,
      entry: 'begin',
      kind: 'upgrade',
      from: release,
      to: { ...release, version: undefined },
      old: {
        id: `old${number}`,
        policy: { Name: 'always', MaximumRetryCount: 0 },
        running: true,
        startedAt: '',
        recipe,
      },
      places: { controller: 'jenkins', home: 'home', store: 'store', image: 'old image' },
      tagged: undefined,
      backup: undefined,
    },
    { ...common, entry: 'stop' },
    { ...common, entry: 'snapshot-done' },
    { ...common, entry: 'commit', release: { ...release, version: '2.516' }, downtimeMs: 900 },
  ]
  if (!isFinished) return begun
  return [...begun, { ...common, entry: 'end', outcome: 'upgraded', reason: 'it runs', downtimeMs: 900 }]
}

async function journalOf(entries: Entry[]): Promise<string> {
  const path = join(await tempDir(), 'journal')
  const journal = await openJournal(path, entrySchema)
  for (const entry of entries) await journal.append(entry)
  await journal.close()
  return path
}

test('a journal of 30 transactions is shortened to the last 20, and each still tells what came of it', async () => {
  const entries = Array.from({ length: 30 }, (_, number) => transaction(number)).flat()
  const path = await journalOf(entries)
  await compact(path)
  const after = await readJournal(path, entrySchema)
  expect(after).toHaveLength(20)
  const told = (all: readonly Entry[]) => transactionsOf(all).map((one) => summaryOf(one, 'jenkins'))
  expect(told(after)).toEqual(told(entries).slice(-20))
  expect(after[0]).toMatchObject({ transaction: 't10', oldId: 'old10', oldRecipe: recipe })
})

test('an unfinished transaction survives word by word', async () => {
  const open = transaction(30, false)
  const path = await journalOf([
    ...Array.from({ length: 30 }, (_, number) => transaction(number)).flat(),
    ...open,
  ])
  await compact(path)
  const after = await readJournal(path, entrySchema)
  expect(after.slice(-open.length)).toEqual(open)
  expect(unfinishedOf(after)?.id).toBe('t30')
})

test('a short journal is left alone, and what a killed compaction left is no obstacle', async () => {
  const entries = [...transaction(1), ...transaction(2)]
  const short = await journalOf(entries)
  await compact(short)
  expect(await readJournal(short, entrySchema)).toEqual(entries)

  const long = await journalOf(Array.from({ length: 30 }, (_, number) => transaction(number)).flat())
  await writeFile(`${long}.compacted`, '{"sum":"half')
  await compact(long)
  expect(await readJournal(long, entrySchema)).toHaveLength(20)
})
