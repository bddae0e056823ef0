import { type Clock, deadline, systemClock } from '../../../core/clock.ts'
import type { ContainerEngine } from '../../../core/container-engine.ts'
import { FootmanError, inWords, messageOf } from '../../../core/errors.ts'
import { controllerIdOf } from '../../identity.ts'
import { type SlotContext, type Transport, type TransportFinding, type Trial, untried } from '../transport.ts'
import { defaultSshImage } from './default-image.ts'
import { causeOfSshFailure } from './explain.ts'

type Slots = Pick<Transport, 'rest' | 'open' | 'release'>

/** How long the controller may take to log in. */
const patienceMs = 60_000
const pauseMs = 500
const tidyMs = 10_000

/**
 * Has the controller log in to a container made for the trial, by the very steps by which a slot is opened: what it is told, and by
 * which address it comes, are the same. Takes everything away again.
 */
export async function trySshSlot(
  slots: Slots,
  trial: Trial,
  clock: Clock = systemClock,
): Promise<TransportFinding> {
  const { jenkins, engine, config, node, signal } = trial
  if (engine === undefined) return untried('no container may be started for it')
  if (engine instanceof Error) return untried(`there is no container engine (${messageOf(engine)})`)
  const template = config.templates[0]
  const { version } = jenkins.seen ?? (await jenkins.root(signal))
  const image = template?.image ?? defaultSshImage(version)
  if (!template || !(await engine.image(image, signal))) {
    return {
      ...untried(`the image ${image} is not on this machine yet`),
      cure: `fetch it: docker pull ${image}`,
    }
  }
  const context = await contextOf(trial, engine, image)
  const plan = { slot: node, template: template.name, size: template.size, nodeLabels: ['footman-preflight'] }
  try {
    await slots.open({ plan, nodeExists: true }, context)
    return await awaitLogin(trial, clock)
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof FootmanError)) throw error
    return { usable: false, finding: error.message, cure: error.hint ?? inWords(error) }
  } finally {
    await takeAway(slots, node, { ...context, signal: deadline(tidyMs) })
  }
}

async function contextOf(trial: Trial, engine: ContainerEngine, image: string): Promise<SlotContext> {
  const { jenkins, config, node, signal } = trial
  const { host: engineHost } = await engine.info(signal)
  const description = (await jenkins.node(node, signal))?.description ?? ''
  const name = config.templates[0]?.name ?? ''
  return {
    jenkins,
    engine,
    secrets: new Map(),
    plan: {
      config,
      identity: { machineName: node, machineId: 'preflight', controllerId: controllerIdOf(jenkins.url) },
      images: () => ({ [name]: image }),
      cacheDir: '',
      engineHost,
      // By which the trial's node is known to be one.
      describe: () => description,
    },
    ...(signal && { signal }),
  }
}

async function awaitLogin({ jenkins, node, signal }: Trial, clock: Clock): Promise<TransportFinding> {
  const giveUpMs = clock.now() + patienceMs
  while (clock.now() < giveUpMs) {
    if ((await jenkins.node(node, signal))?.connected) {
      return { usable: true, finding: 'the controller logged in to a container of this machine' }
    }
    await clock.sleep(pauseMs, signal)
  }
  const log = await jenkins.nodeLog(node, signal).catch(() => '')
  return {
    usable: false,
    finding: causeOfSshFailure(log) ?? 'the controller did not log in to a container of this machine',
    cure: 'set ssh.host to an address of this machine at which the controller reaches it, and let the ports through; or use transport: websocket',
  }
}

/** Best effort: what is left is removed by the next trial, which uses the same names. */
async function takeAway(slots: Slots, slot: string, context: SlotContext): Promise<void> {
  const { engine, plan, signal } = context
  const ours = { 'io.footman.machine': plan.identity.machineId, 'io.footman.slot': slot }
  await slots.release(slot, context).catch(() => undefined)
  await slots.rest({ slot, exists: true }, context).catch(() => undefined)
  const left = await engine.list(ours, signal).catch(() => [])
  for (const { id } of left) await engine.remove(id, signal).catch(() => undefined)
}
