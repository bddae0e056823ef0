import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { agentJar } from '../../../../agent/transports/inbound/agent-jar.ts'
import { FakeJenkins } from '../../../support/fake-jenkins.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const jar = Buffer.from('PK\u0003\u0004 and so on')

test('the jar is fetched once for a version and can be read by everybody', async () => {
  const jenkins = new FakeJenkins()
  jenkins.jar = jar
  const cacheDir = await tempDir()
  const path = await agentJar({ jenkins, cacheDir })
  expect(await readFile(path)).toEqual(jar)
  expect((await stat(path)).mode & 0o777).toBe(0o644)
  jenkins.jar = Buffer.from('PK another')
  expect(await agentJar({ jenkins, cacheDir })).toBe(path)
  expect(await readFile(path)).toEqual(jar)
})

test('a new version of the controller brings its own jar; the one before stays, older ones go', async () => {
  const jenkins = new FakeJenkins()
  jenkins.jar = jar
  const cacheDir = await tempDir()
  let path = ''
  for (const [at, version] of ['2.479.1', '2.492', '2.498'].entries()) {
    jenkins.version = version
    await jenkins.root()
    path = await agentJar({ jenkins, cacheDir })
    await utimes(path, at, at) // a second apart, as no test should wait for
  }
  await writeFile(join(dirname(path), 'notes.txt'), 'not ours')
  jenkins.version = '2.500'
  await jenkins.root()
  await agentJar({ jenkins, cacheDir })
  expect((await readdir(dirname(path))).sort()).toEqual(['agent-2.498.jar', 'agent-2.500.jar', 'notes.txt'])
})

test('the practice controller, whose agent is a JavaScript file, is served as well', async () => {
  const jenkins = new FakeJenkins()
  jenkins.jar = Buffer.from("'use strict'\nconsole.log('agent')\n")
  await expect(agentJar({ jenkins, cacheDir: await tempDir() })).resolves.toMatch(/\.jar$/)
})

test.each([
  ['', /what came is nothing/],
  ['<!DOCTYPE html><title>Sign in</title>', /begins with "<!DOCTYPE html/],
])('%j in its place is refused and not kept', async (text, message) => {
  const jenkins = new FakeJenkins()
  jenkins.jar = Buffer.from(text)
  const cacheDir = await tempDir()
  await expect(agentJar({ jenkins, cacheDir })).rejects.toMatchObject({
    failure: 'broken',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(/login page/),
  })
  expect(await readdir(cacheDir)).toEqual([])
})

test('a version that is no file name stays inside of the cache', async () => {
  const jenkins = new FakeJenkins()
  jenkins.jar = jar
  jenkins.version = '../../2.498'
  const cacheDir = await tempDir()
  const path = await agentJar({ jenkins, cacheDir })
  expect(path.startsWith(`${cacheDir}/`)).toBe(true)
  expect(path).not.toMatch(/\/\.\.\//)
})

test('a full or forbidden cache is told with the path', async () => {
  const jenkins = new FakeJenkins()
  jenkins.jar = jar
  const cacheDir = join(await tempDir(), 'file')
  await writeFile(cacheDir, '')
  await expect(agentJar({ jenkins, cacheDir })).rejects.toMatchObject({
    code: 'user',
    message: expect.stringContaining(cacheDir),
  })
})
