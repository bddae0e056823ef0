import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run } from '../../core/process.ts'
import { steps } from '../../library/registry.ts'
import { writeTestLibrary } from './harness/groovy.ts'

let library = ''
let scripts: string[] = []

beforeAll(async () => {
  library = await writeTestLibrary()
  const names = await readdir(join(library, 'resources'), { recursive: true })
  scripts = names.filter((name) => name.endsWith('.sh')).map((name) => join(library, 'resources', name))
})
afterAll(() => rm(library, { recursive: true, force: true }))

it('bash reads every resource', async () => {
  expect(scripts.length).toBeGreaterThanOrEqual(steps.length)
  for (const script of scripts) {
    const { exitCode, stderr } = await run(['bash', '-n', script], { timeoutMs: 30_000 })
    expect({ script, exitCode, stderr }).toEqual({ script, exitCode: 0, stderr: '' })
  }
})

it('shellcheck has nothing to say about any resource', async () => {
  const { exitCode, stdout, stderr } = await run(['shellcheck', '--shell=bash', ...scripts], {
    timeoutMs: 120_000,
  })
  expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' })
})
