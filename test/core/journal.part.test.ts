import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { openJournal, readJournal } from '../../core/journal.ts'
import { smallDisk } from '../support/small-disk.ts'

const schema = z.object({ step: z.string(), padding: z.string().optional() })

it('refuses an entry that the disk has no room for, and goes on once there is room', async () => {
  const dir = await smallDisk()
  const path = join(dir, 'journal')
  const journal = await openJournal(path, schema)
  await journal.append({ step: 'one' })
  await writeFile(join(dir, 'ballast'), Buffer.alloc(900_000))

  // Longer than what is left: a part of it may get to the disk.
  await expect(journal.append({ step: 'two', padding: 'x'.repeat(500_000) })).rejects.toMatchObject({
    name: 'UserError',
    message: `cannot append to the journal ${path}: no space left on the disk`,
  })
  expect(await readJournal(path, schema)).toEqual([{ step: 'one' }])

  await rm(join(dir, 'ballast'))
  await journal.append({ step: 'three' })
  await journal.close()
  expect(await readJournal(path, schema)).toEqual([{ step: 'one' }, { step: 'three' }])
})
