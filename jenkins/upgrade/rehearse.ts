import { Readable } from 'node:stream'
import type { RawImage } from '../../core/container-host.ts'
import { packFiles } from '../../core/docker/archive.ts'
import { messageOf } from '../../core/errors.ts'
import { passGate } from '../health/gate.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { awaitController } from './await-controller.ts'
import type { Failure } from './finish.ts'
import { expectationOf, watching } from './gate.ts'
import { tellLastWords } from './last-words.ts'
import { labels, namesOf } from './names.ts'
import type { Plan } from './plan.ts'
import { rehearsalRecipe } from './rehearsal-recipe.ts'
import { note, type Work } from './work.ts'

interface Rehearsal {
  id: string
  recipe: Recipe
  image: RawImage
}

/**
 * Starts the new version on a copy of the home, where it can reach nobody and builds nothing, while production goes on. Undefined when
 * it passes the gate; then nothing is left of it. After a failure the undoing removes what is left.
 */
export async function rehearse(work: Work, plan: Plan, rehearsal: Rehearsal): Promise<Failure | undefined> {
  const { host, settings, keeperOf, signal } = work.options
  const { id, recipe, image } = rehearsal
  const name = namesOf(settings.name, id).rehearsal
  await note(work, id, { entry: 'rehearse' })
  const keeper = keeperOf(plan.places)
  await keeper.warmCopy(id, plan.base, signal)
  const own = {
    [labels.controller]: settings.name,
    [labels.transaction]: id,
    [labels.role]: 'rehearsal',
  }
  await host.createVolume(name, own, signal)
  await keeper.copyTo(id, name, signal)
  const stand = { home: plan.home, controller: settings.name, transaction: id, name }
  const { body } = rehearsalRecipe(recipe, stand)
  const container = await host.create(name, body, signal)
  await host.putArchive(container, plan.home.target, Readable.from([await quietFromTheStart()]), signal)
  await host.start(container, signal)

  const watch = watching(work, container)
  const [verdict] = await Promise.all([
    passGate(
      watch.probe,
      { ...expectationOf(plan, image, settings.upgrade.mayMissPlugins), mayBeQuiet: true },
      { settings: { ...settings.upgrade.gate, soakMs: 0 }, clock: work.clock, signal },
    ),
    quietDownToo(work, container),
  ])
  if (!verdict.healthy) {
    await tellLastWords(work, container)
    return {
      reason: `the rehearsal failed: ${verdict.reason}`,
      hint: 'production was not touched; see the log of footman for the last words of the new version',
      outcome: 'refused',
      isBlamed: !watch.hasEngineFailed(),
    }
  }
  await host.remove(container, { volumes: true }, signal)
  await host.removeVolume(name, signal)
  return undefined
}

/**
 * Jenkins runs these scripts before any job can start (jenkinsci/jenkins, InitMilestone.COMPLETED comes after the init
 * hooks): builds that cron or the saved queue would start stay where they are.
 */
async function quietFromTheStart(): Promise<Buffer> {
  const script = '// Put here by footman, for a rehearsal.\njenkins.model.Jenkins.get().doQuietDown()\n'
  return await packFiles([
    {
      name: 'init.groovy.d/',
      kind: 'directory',
      content: Buffer.alloc(0),
      mode: 0o755,
      uid: 1000,
      gid: 1000,
    },
    {
      name: 'init.groovy.d/00-footman-rehearsal.groovy',
      content: Buffer.from(script),
      mode: 0o644,
      uid: 1000,
      gid: 1000,
    },
  ])
}

/** Should the script not have run. Without an account nobody may; that the network leads nowhere has to do then. */
async function quietDownToo(work: Work, container: string): Promise<void> {
  const jenkins = work.options.jenkinsIn(container)
  if (!jenkins) return
  try {
    const arrival = await awaitController(work, container, work.options.signal)
    if (arrival.atMs === undefined) return
    if (!(await jenkins.root()).quietingDown) await jenkins.quietDown('a rehearsal of footman')
  } catch (error) {
    work.options.signal?.throwIfAborted()
    work.options.log.debug(`the rehearsal was not quieted down: ${messageOf(error)}`)
  }
}
