import { join } from 'node:path'
import { expect, test } from 'vitest'
import { diskSensor } from '../../../agent/policy/disk.ts'
import { tempDir } from '../../support/temp-dir.ts'

const signal = new AbortController().signal

test('free space is that of the file system of the engine', async () => {
  const dir = await tempDir()
  const answer = await diskSensor(dir, '/nowhere').read(signal)
  expect(answer.known && answer.value).toBeGreaterThan(0)
})

test('a data folder that is out of sight is replaced by the home folder', async () => {
  const home = await tempDir()
  const answer = await diskSensor(join(home, 'in a virtual machine'), home).read(signal)
  expect(answer.known && answer.value).toBeGreaterThan(0)
})
