import { z } from 'zod'
import { openJournal } from '../../../core/journal.ts'

/** Counts on in the journal until killed, and prints each number once the journal promises to keep it. */
const [path = ''] = process.argv.slice(2)
const journal = await openJournal(path, z.object({ n: z.number(), padding: z.string() }))
for (let n = journal.entries.length; ; n++) {
  await journal.append({ n, padding: 'x'.repeat((n * 7919) % 20_000) })
  console.log(n)
}
