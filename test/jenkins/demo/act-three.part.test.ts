import { expect, test } from 'vitest'
import { actThree } from '../../../jenkins/demo/act-three.ts'
import { useDockerHost } from '../../support/docker-host.ts'
import { tempDir } from '../../support/temp-dir.ts'

const engine = useDockerHost()

test('act three plays with containers where there is an engine, and leaves none of it behind', async () => {
  const said: string[] = []
  const { signal } = new AbortController()
  const stage = { env: process.env, folder: await tempDir(), plain: false, signal }
  await actThree({ ...stage, say: (line) => said.push(line) })
  expect(said[0]).toMatch(/^the controller is a container of .*, its home a volume$/)
  expect(said.at(-1)).toMatch(/^Jenkins 2\.498 runs again after .*, on the same \d+ files, byte for byte$/)
  const name = `footman-demo-${process.pid}`
  expect(await engine.host.list({ 'footman.controller': name })).toEqual([])
  expect(await engine.host.listImages({ 'footman.demo': name })).toEqual([])
  expect(await engine.host.listVolumes({ 'footman.demo': name })).toEqual([])
})
