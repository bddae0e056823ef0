import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { leaveOut } from '../../core/leave-out.ts'
import { tempDir } from '../support/temp-dir.ts'

it('a package is loaded without the module that is left out, and says so when it is called after all', async () => {
  const folder = await packageWith({ 'heavy.js': 'throw new Error("loaded")' })
  leaveOut([{ module: './heavy.js', by: [folder] }])
  const { heavy, own } = createRequire(import.meta.url)(folder)
  expect(own).toBe(1)
  expect(() => heavy()).toThrow('heavy.js is left out here')
})

it('a package that has no such module is loaded as it is', async () => {
  const folder = await packageWith({ 'heavy.js': 'module.exports = () => 2' })
  leaveOut([
    { module: './moved.js', by: [folder] },
    { module: './heavy.js', by: [folder, 'no-such-package'] },
  ])
  expect(createRequire(import.meta.url)(folder).heavy()).toBe(2)
})

async function packageWith(files: Record<string, string>): Promise<string> {
  const folder = join(await tempDir(), 'package')
  await mkdir(folder)
  const main = 'module.exports = { own: 1, heavy: require("./heavy.js") }'
  for (const [name, text] of Object.entries({ 'index.js': main, ...files }))
    await writeFile(join(folder, name), text)
  return folder
}
