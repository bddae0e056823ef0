import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { history } from '../../../jenkins/upgrade/history.ts'
import { upgrade } from '../../../jenkins/upgrade/upgrade.ts'
import { smallDisk } from '../../support/small-disk.ts'
import { memoryStage, name } from './memory-stage.ts'

test('a disk that becomes full under the journal does not leave Jenkins down', async () => {
  const disk = await smallDisk()
  const stage = await memoryStage({ stateFolder: disk })
  const { openJournal: _, ...options } = stage.options
  stage.host.onChange(async ({ name: call }, when) => {
    if (call === 'stop' && when === 'after') await fill(join(disk, 'filler'))
  })
  expect(await upgrade({ ...options, noRehearsal: true })).toMatchObject({
    kind: 'upgraded',
  })
  expect((await stage.host.inspect(name))?.State.Running).toBe(true)
  expect(await history(options)).toMatchObject([{ outcome: 'upgraded' }])
})

/** To the last byte. */
async function fill(path: string): Promise<void> {
  for (let size = 64 * 1024; size >= 1; ) {
    await appendFile(path, Buffer.alloc(size)).catch(() => {
      size = Math.floor(size / 2)
    })
  }
}
