import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { writeFileAtomic } from '../../core/atomic-write.ts'
import { smallDisk } from '../support/small-disk.ts'

it('keeps the old file, leaves nothing else and names the cure when the disk is full', async () => {
  const dir = await smallDisk()
  const path = join(dir, 'file')
  await writeFileAtomic(path, 'old')
  await expect(writeFileAtomic(path, 'x'.repeat(2_000_000))).rejects.toMatchObject({
    name: 'UserError',
    message: `cannot write ${path}: no space left on the disk`,
    hint: expect.stringContaining('free some space'),
  })
  expect(await readdir(dir)).toEqual(['file'])
  expect(await readFile(path, 'utf8')).toBe('old')
})
