import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { deadline, systemClock } from '../../core/clock.ts'
import type { DemoStage } from '../../core/demo.ts'
import { UserError } from '../../core/errors.ts'
import { createLog } from '../../core/log.ts'
import { Secret } from '../../core/secret.ts'
import { formatDuration } from '../../core/units.ts'
import { connectJenkins } from '../../jenkins/connect.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import { type PracticeController, startPracticeController } from '../../jenkins/practice/controller.ts'
import { agentConfigSchema } from '../config/schema.ts'
import { lend } from '../daemon/lend.ts'
import { controllerIdOf } from '../identity.ts'
import { jarCacheVolume } from '../transports/inbound/container-spec.ts'
import { buildSet, type DemoSet } from './set.ts'

const jobName = 'hello'
const label = '2CPU2G'
const script = `node('${label}') {
  sh 'echo "built on $(uname -s), in $PWD"'
}`
/** No act may keep people waiting for longer, in ms. */
const patienceMs = 45_000

/** Act one: a queued build that asks for a size is served by this machine. Leaves nothing behind. */
export async function actOne(stage: DemoStage): Promise<void> {
  const { say, signal, plain, env } = stage
  const set = await buildSet(plain, env, signal)
  say(set.note)
  const controller = await startPracticeController({ quietPeriodMs: 0 })
  const curtain = new AbortController()
  try {
    say(`a practice controller listens at ${controller.url} (it stands in for a Jenkins)`)
    const token = new Secret(controller.token)
    const jenkins = connectJenkins({ url: controller.url, user: controller.user, token })
    const lending = lendTo(jenkins, controller.user, { ...stage, ...set, signal: curtain.signal })
    const played = play(controller, jenkins, deadline(patienceMs, signal), say)
    await Promise.race([played, lending])
    await played
    curtain.abort()
    await lending
    await expectEmpty(jenkins, signal)
    say('the node is gone from the controller, the container from this machine')
  } finally {
    curtain.abort()
    await controller.stop()
    await set.engine.removeVolume(jarCacheVolume({ controllerId: controllerIdOf(controller.url) }))
    await set.close()
  }
}

async function play(
  controller: PracticeController,
  jenkins: Jenkins,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  controller.createJob(jobName, { kind: 'pipeline', script })
  const startedAtMs = Date.now()
  const item = controller.build(jobName)
  say(`build ${jobName} #1 waits in the queue: node('${label}')`)
  const number = await ask(async () => (await jenkins.queueItem(item, signal)).build, signal)
  const state = await ask(async () => {
    const build = await jenkins.buildState(jobName, number, signal)
    return build.building ? undefined : build
  }, signal)
  for (const line of (await jenkins.buildLog(jobName, number, signal)).trimEnd().split('\n'))
    say(`  | ${line}`)
  say(`${jobName} #${number} ended with ${state.result} after ${formatDuration(Date.now() - startedAtMs)}`)
  if (state.result !== 'SUCCESS') throw new UserError(`the build ended with ${state.result ?? 'nothing'}`)
}

async function ask<T>(question: () => Promise<T | undefined>, signal: AbortSignal): Promise<T> {
  for (;;) {
    const answer = await question()
    if (answer !== undefined) return answer
    await systemClock.sleep(100, signal)
  }
}

async function expectEmpty(jenkins: Jenkins, signal: AbortSignal): Promise<void> {
  const left = (await jenkins.nodes(signal)).filter(({ inbound }) => inbound).map(({ name }) => name)
  if (left.length > 0) throw new UserError(`nodes are left on the controller: ${left.join(', ')}`)
}

async function lendTo(jenkins: Jenkins, user: string, stage: DemoStage & DemoSet): Promise<void> {
  const { engine, image, network, folder, say, signal } = stage
  const config = agentConfigSchema.parse({
    controller: { url: jenkins.url, user, token: 'env:NONE' },
    machine: { name: 'this-machine', cpus: 2, memory: '2G', slots: 1 },
    images: { allow: [image], pull: 'never' },
    templates: [{ name: 'demo', image, ...(network && { network }) }],
    policy: { onBattery: 'ignore', onMetered: 'ignore', minFreeDisk: '0B' },
    poll: { idle: '2s', busy: '500ms' },
  })
  const stateDir = join(folder, 'state')
  await mkdir(stateDir, { mode: 0o700 })
  await lend({
    config,
    log: createLog({ sink: { write: (text) => say(`  ${text.trimEnd()}`) } }),
    engine,
    clock: systemClock,
    connect: async () => jenkins,
    stateDir,
    machineStateDir: stateDir,
    cacheDir: join(folder, 'cache'),
    socketPath: join(folder, 'agent.sock'),
    signal,
  })
}
