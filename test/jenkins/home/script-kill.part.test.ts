import { randomBytes, randomInt } from 'node:crypto'
import { appendFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fingerprint } from './fingerprint.ts'
import { type ScriptStage, scriptStage } from './script-stage.ts'

const facts = '{}'

/** A home of some hundred files. */
async function furnish(home: string): Promise<void> {
  for (let job = 0; job < 20; job++) {
    const folder = join(home, `jobs/job ${job}/builds`)
    await mkdir(folder, { recursive: true })
    for (let build = 0; build < 10; build++) {
      await writeFile(join(folder, `${build}.xml`), randomBytes(5_000 * (build + 1)))
    }
  }
}

async function change(home: string, text: string): Promise<void> {
  for (let job = 0; job < 20; job += 2) await appendFile(join(home, `jobs/job ${job}/builds/3.xml`), text)
  await mkdir(join(home, `plugins/${text}`), { recursive: true })
  await writeFile(join(home, `plugins/${text}/${text}.jpi`), randomBytes(100_000))
}

/** Kills a task at some moment of its life, again and again, and then lets it come to its end. */
async function interrupted(
  stage: ScriptStage,
  times: number,
  longestMs: number,
  ...task: [string, ...string[]]
) {
  for (let time = 0; time < times; time++) await stage.runAndKill(randomInt(longestMs), ...task)
  return await stage.results(...task)
}

it('comes to the right end when it was killed at any moment before', async () => {
  const stage = await scriptStage()
  await furnish(stage.home)
  await interrupted(stage, 5, 800, 'warm', 'one')
  await change(stage.home, 'before')
  const one = await fingerprint(stage.home)
  await interrupted(stage, 5, 800, 'snapshot', 'one', facts)
  expect(await fingerprint(stage.backup('one/home'))).toEqual(one)
  expect(await stage.results('verify', 'one')).toEqual([])

  await change(stage.home, 'after')
  const broken = await fingerprint(stage.home)
  await interrupted(stage, 10, 1_200, 'restore', 'one', 'bad', facts)
  expect(await fingerprint(stage.home)).toEqual(one)
  expect(await fingerprint(stage.backup('failed/bad/home'))).toEqual(broken)
  expect(await fingerprint(stage.backup('one/home'))).toEqual(one)
  expect(await stage.results('compare', 'one')).toEqual([])
})

it('takes nothing for a backup that was not brought to its end, and throws it away when asked', async () => {
  const stage = await scriptStage()
  await furnish(stage.home)
  await stage.results('warm', 'kept')
  await stage.results('warm', 'left')
  await stage.results('warm', 'one')
  await stage.results('snapshot', 'one', facts)
  expect(await stage.results('list')).toEqual([expect.stringMatching(/^one [0-9a-f]{64} - \{/)])
  expect((await stage.run('restore', 'left')).refusals).toEqual(['there is no complete backup left'])
  await stage.results('leftovers', 'kept')
  expect((await readdir(stage.backup())).sort()).toEqual(['kept', 'one'])
  await stage.results('remove', 'one')
  await stage.results('remove', 'one')
  expect(await stage.results('list')).toEqual([])
})

it('takes out of a copy again what a first attempt put in and the home has no more', async () => {
  const stage = await scriptStage()
  await furnish(stage.home)
  await stage.results('warm', 'one')
  for (const task of ['warm', 'snapshot', 'snapshot']) {
    for (const afterMs of [150, 300, 600]) {
      await change(stage.home, 'guest')
      await stage.runAndKill(afterMs, task, 'one', facts)
      await rm(join(stage.home, 'plugins'), { recursive: true })
    }
    await stage.results('snapshot', 'one', facts)
    expect(await fingerprint(stage.backup('one/home'))).toEqual(await fingerprint(stage.home))
    expect(await stage.results('verify', 'one')).toEqual([])
  }
})
