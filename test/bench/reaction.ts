import { setTimeout as delay } from 'node:timers/promises'
import type { ContainerEngine } from '../../core/container-engine.ts'
import { connectDocker } from '../../core/docker.ts'
import type { PracticeController } from '../../jenkins/practice/controller.ts'
import { AgentHome } from '../e2e/agent-process.ts'
import type { PracticeStage } from '../e2e/practice-stage.ts'
import { until } from '../support/until.ts'
import type { Bench, Figure, Workbench } from './bench.ts'
import { type ByHand, byHand, labelOf } from './by-hand.ts'
import { containersOf } from './containers.ts'
import { type PracticeBuild, practiceBuild } from './practice-build.ts'
import { median } from './sampling.ts'

/** Builds are queued at moments spread evenly between two looks of the daemon, as chance would on average. */
const idlePhasesMs = [1_000, 3_000, 5_000, 7_000, 9_000]
const warmPhasesMs = [100, 325, 550, 775, 1_000, 1_225, 1_450, 1_675]
const onlineRounds = 5

/** How long a build waits for footman, and how long the same takes by hand. */
export const reaction: Bench = {
  name: 'reaction',
  needsEngine: true,
  async run(bench) {
    const stage = await bench.stage()
    return [
      ...(await fromColdQueue(await setScene(bench, stage, { name: 'cold' }))),
      ...(await afterDemand(
        await setScene(bench, stage, { name: 'warm', settings: { container: { keepIdle: '0s' } } }),
      )),
      ...(await withAgentOnline(await setScene(bench, stage, { name: 'online' }))),
    ]
  },
}

interface Scene extends Pick<Workbench, 'say' | 'defer'> {
  stage: PracticeStage
  controller: PracticeController
  engine: ContainerEngine
  home: AgentHome
  /** Also a label that only containers of this home have. */
  machine: string
}

async function setScene(
  { say, defer }: Workbench,
  stage: PracticeStage,
  { name, settings }: { name: string; settings?: Record<string, unknown> },
): Promise<Scene> {
  const machine = `${stage.prefix}-${name}`
  const home = await AgentHome.create(stage, machine, settings)
  defer(() => home.remove())
  return { say, defer, stage, controller: stage.controller, engine: await connectDocker(), home, machine }
}

/** A daemon for every sample, as demand within the last two minutes would make it look more often. */
async function fromColdQueue(scene: Scene): Promise<Figure[]> {
  const { say, controller, home, machine } = scene
  const tookMs: number[] = []
  for (const phaseMs of idlePhasesMs) {
    say(`a build is queued ${phaseMs / 1000} s after the last look of an idle daemon`)
    const agent = await home.lend()
    await quiet(controller, 4_000)
    await nextLook(controller)
    await delay(phaseMs)
    const build = await practiceBuild(controller, machine)
    tookMs.push((await startOfContainer(scene)) - build.queuedAtMs)
    await build.ended()
    agent.signal('SIGTERM')
    await agent.end()
  }
  const what = 'queue to container start, nothing asked for before'
  return [
    { what: `${what}, slowest of ${tookMs.length}`, ...seconds(Math.max(...tookMs)), target: { atMost: 10 } },
    { what: '... median', ...seconds(median(tookMs)) },
  ]
}

/** Each build gets a container of its own; in turn with it, `docker run` by somebody who knew at once. */
async function afterDemand(scene: Scene): Promise<Figure[]> {
  const { say, stage, controller, engine, home, machine } = scene
  await home.lend()
  await (await practiceBuild(controller, machine)).ended()
  const toStart: number[] = []
  const toLine: number[] = []
  const person = await byHand(stage, scene)
  const toLineByHand: number[] = []
  for (const phaseMs of warmPhasesMs) {
    say(
      `a build is queued ${phaseMs / 1000} s after a look, demand having been seen lately; then docker run by hand`,
    )
    await until('the last container is gone', async () => (await containersOf(engine, home)).length === 0)
    await quiet(controller, 1_500)
    await nextLook(controller)
    await delay(phaseMs)
    const build = await practiceBuild(controller, machine)
    toStart.push((await startOfContainer(scene)) - build.queuedAtMs)
    toLine.push(waitOf(build))
    await build.ended()
    toLineByHand.push(await waitByHand(stage, person))
  }
  const what = 'queue to container start, demand seen lately'
  return [
    {
      what: `${what}, slowest of ${toStart.length}`,
      ...seconds(Math.max(...toStart)),
      target: { atMost: 2.5 },
    },
    { what: '... median', ...seconds(median(toStart)) },
    {
      what: '... to the first line of sh, median',
      ...seconds(median(toLine)),
      baseline: { what: 'docker run by hand at once', value: median(toLineByHand) / 1000 },
    },
  ]
}

async function waitByHand(stage: PracticeStage, person: ByHand): Promise<number> {
  const name = `${stage.prefix}-by-hand`
  const [agent, build] = await Promise.all([
    person.runContainer(name),
    practiceBuild(stage.controller, labelOf(name)),
  ])
  await build.ended()
  await agent.remove()
  return waitOf(build)
}

/** A container that idles since its last build, in turn with a plain agent process. */
async function withAgentOnline(scene: Scene): Promise<Figure[]> {
  const { say, defer, stage, controller, home, machine } = scene
  const plain = `${stage.prefix}-plain`
  const agent = await (await byHand(stage, scene)).startProcess(plain)
  defer(() => agent.remove())
  await home.lend()
  const ours: number[] = []
  const plainly: number[] = []
  say(
    `builds for a container that is online already, and for a plain agent process, ${onlineRounds} times each`,
  )
  for (let round = 0; round <= onlineRounds; round++) {
    for (const [waits, label] of [
      [ours, machine],
      [plainly, labelOf(plain)],
    ] as const) {
      const build = await practiceBuild(controller, label)
      await build.ended()
      if (round > 0) waits.push(waitOf(build))
    }
  }
  return [
    {
      what: 'queue to the first line of sh, container online, median',
      ...seconds(median(ours)),
      baseline: { what: 'a plain agent process online', value: median(plainly) / 1000 },
    },
  ]
}

function waitOf({ queuedAtMs, firstLineAtMs }: PracticeBuild): number {
  return firstLineAtMs - queuedAtMs
}

function seconds(ms: number): { value: number; unit: string } {
  return { value: ms / 1000, unit: 's' }
}

/** Resolves once the controller was asked nothing for so long. */
async function quiet({ requests }: PracticeController, forMs: number): Promise<void> {
  const isQuiet = () => Date.now() - (requests.latest.at(-1)?.atMs ?? 0) >= forMs
  await until('the controller is asked nothing', isQuiet, { withinMs: 60_000, everyMs: 10 })
}

async function nextLook({ requests }: PracticeController): Promise<void> {
  const before = requests.total
  await until('the daemon looks', () => requests.total > before, { withinMs: 15_000, everyMs: 5 })
}

/** When the engine started the only container of the machine, ms since 1970. */
async function startOfContainer({ engine, home }: Scene): Promise<number> {
  const [container] = await containersOf(engine, home)
  const state = container && (await engine.inspect(container.id))
  if (!state?.startedAtMs) throw new Error(`no container of ${home.machine} runs`)
  return state.startedAtMs
}
