import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { recover } from '../../../jenkins/upgrade/recover.ts'
import { rollback } from '../../../jenkins/upgrade/rollback.ts'
import { upgrade } from '../../../jenkins/upgrade/upgrade.ts'
import { Killed, type MemoryStage, memoryStage, name, reference, type StageWishes } from './memory-stage.ts'

interface Story {
  title: string
  wishes: Omit<StageWishes, 'stateFolder'>
  /** What footman is about when it is killed. */
  act: (stage: MemoryStage) => Promise<unknown>
  /** Also let the engine restart at any moment. */
  restarts?: boolean
  /** What comes before. */
  before?: (stage: MemoryStage) => Promise<unknown>
}

const upgrading = ({ options }: MemoryStage) => upgrade(options)

const stories: Story[] = [
  { title: 'a good upgrade', wishes: {}, act: upgrading },
  { title: 'a good upgrade that is pulled', wishes: { inRegistry: true }, act: upgrading, restarts: true },
  { title: 'a failed rehearsal', wishes: { behaviour: 'broken', inRegistry: true }, act: upgrading },
  {
    title: 'an upgrade that undoes itself',
    wishes: { behaviour: 'broken, but not in a rehearsal', inRegistry: true },
    act: upgrading,
    restarts: true,
  },
  {
    title: 'a rollback',
    wishes: {},
    before: upgrading,
    act: ({ options }) => rollback({ ...options, force: true }),
  },
]

/** On a machine that does much else. */
const slow = { timeout: 60_000 }

describe.each(stories)('$title', (story) => {
  test(
    'killed at any moment, and killed again while it recovers, it leaves one good controller',
    slow,
    async () => {
      const folder = await memoryFolder()
      const moments = await countMoments(story, folder)
      expect(moments).toBeGreaterThan(10)
      for (let first = 0; first < moments; first++) {
        const stage = await set(story, folder)
        await killAt(stage, first, () => story.act(stage))
        // Another one recovers, and is killed as well; at another moment each time.
        await killAt(stage, first % 7, () => recover(stage.options))
        stage.onMoment = () => {}
        await recover(stage.options)
        expect({ first, ...(await whatIsWrong(stage)) }).toEqual({ first, wrong: [] })
      }
    },
  )
})

describe.each(stories.filter(({ restarts }) => restarts))('$title', (story) => {
  test('an engine that restarts at any moment leaves one good controller', slow, async () => {
    const folder = await memoryFolder()
    const moments = await countMoments(story, folder)
    for (let at = 0; at < moments; at++) {
      const stage = await set(story, folder)
      let moment = 0
      stage.onMoment = (what) => {
        if (isChange(what) && moment++ === at) stage.host.restartEngine()
      }
      await story.act(stage)
      stage.onMoment = () => {}
      await recover(stage.options)
      expect({ at, ...(await whatIsWrong(stage)) }).toEqual({ at, wrong: [] })
    }
  })
})

/** In memory where there is such a place: hundreds of locks and notes wait for no disk there. */
async function memoryFolder(): Promise<string> {
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
  const folder = await mkdtemp(join(parent, 'footman-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** One folder for all of them is quicker. */
async function set({ wishes, before }: Story, folder: string): Promise<MemoryStage> {
  await rm(join(folder, 'jenkins'), { recursive: true, force: true })
  const stage = await memoryStage({ ...wishes, stateFolder: folder })
  await before?.(stage)
  return stage
}

async function countMoments(story: Story, folder: string): Promise<number> {
  const stage = await set(story, folder)
  let moments = 0
  stage.onMoment = (what) => void (isChange(what) && moments++)
  await story.act(stage)
  return moments
}

/** The moment before a change is the one after the change before it. */
function isChange(what: string): boolean {
  return what.startsWith('after')
}

/** Runs until the moment of this number; from then on nothing works any more for this footman. */
async function killAt(stage: MemoryStage, number: number, act: () => Promise<unknown>): Promise<void> {
  let moment = 0
  stage.onMoment = (what) => {
    if (isChange(what) && moment++ >= number) throw new Killed()
  }
  await act().catch((error: unknown) => {
    if (!(error instanceof Killed)) throw error
  })
}

/** Everything that an admin would not want to find. */
async function whatIsWrong(stage: MemoryStage): Promise<{ wrong: string[] }> {
  const wrong = [...stage.violations]
  const { host, homes, oldImage, newImage } = stage
  const containers = host.containers()
  const running = containers.filter(({ State }) => State.Running === true)
  const controller = containers.find(({ Name }) => Name === `/${name}`)
  if (running.length !== 1 || running[0]?.Id !== controller?.Id) {
    wrong.push(`running: ${running.map(({ Name }) => Name).join() || 'nothing'}`)
  }
  for (const { Name, HostConfig } of containers) {
    const policy = (HostConfig.RestartPolicy as { Name: string }).Name
    if ((Name === `/${name}`) !== (policy === 'always')) wrong.push(`${Name} has the policy ${policy}`)
    if (Name !== `/${name}` && !Name.startsWith(`/${name}-old-`)) wrong.push(`left over: ${Name}`)
  }
  const networks = Object.keys((controller?.NetworkSettings.Networks ?? {}) as object).sort()
  if (String(networks) !== 'back,front') wrong.push(`connected to ${networks}`)
  if (String(host.volumes()) !== 'jenkins_home') wrong.push(`volumes ${host.volumes()}`)
  if (String(host.networks()) !== 'back,front') wrong.push(`networks ${host.networks()}`)
  for (const [id, { facts }] of homes.store) if (!facts) wrong.push(`half a backup: ${id}`)
  for (const id of stage.quiet.keys()) if (running.some((one) => one.Id === id)) wrong.push('quiet for ever')
  const isMigrated = homes.content.includes('migrated')
  if (controller?.Image === oldImage && isMigrated) wrong.push('the old one on the home of the new one')
  if (controller?.Image === newImage && !isMigrated) wrong.push('the new one on the home of the old one')
  if (stage.entries.at(-1) && stage.entries.at(-1)?.entry !== 'end') wrong.push('an unfinished transaction')
  const tagged = await host.inspectImage(reference)
  const wanted = stage.isPulled && controller?.Image === oldImage ? oldImage : newImage
  if (tagged?.Id !== wanted) wrong.push('the tag names the other image')
  if (stage.isPulled && controller?.Image === oldImage && (await host.listImages({})).length > 1) {
    wrong.push('an image that came for nothing')
  }
  return { wrong }
}
