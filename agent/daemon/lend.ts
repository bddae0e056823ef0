import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import { serveControl } from '../control/server.ts'
import { createContainerCpuMeter } from '../policy/container-cpu.ts'
import { machineSensors } from '../policy/machine-sensors.ts'
import type { Readings } from '../policy/sensor.ts'
import { createPolicyWatch } from '../policy/watch.ts'
import { Daemon } from './daemon.ts'
import { createGate } from './gate.ts'
import { createNews, type News } from './news.ts'
import { createObedience } from './obey.ts'
import { ownCpus } from './own-cpus.ts'
import { type Prepared, type PrepareOptions, prepare } from './prepare.ts'
import { statusOf } from './status.ts'
import { openWish, type WishKeeper } from './wish.ts'

export interface LendOptions extends PrepareOptions {
  socketPath: string
  /** What the policy looks at; default: this machine's own sensors. */
  watch?: () => Promise<Readings>
  /** Aborts when the daemon shall end: builds may finish within policy.finishWithin. */
  signal: AbortSignal
}

/** Lends this machine until it is told to stop. Throws RemoteError when the controller refuses us at the start. */
export async function lend(options: LendOptions): Promise<void> {
  const { config, clock, stateDir, socketPath, signal } = options
  const news = createNews(options.log, clock)
  const prepared = await prepare({ ...options, log: news.log })
  const wishes = await openWish(stateDir, { clock, log: news.log })
  const daemon = createDaemon({ ...options, log: news.log }, prepared, wishes)
  const finishWithinMs = config.policy.finishWithin
  const status = statusSource(daemon, { plan: prepared.plan, news, clock })
  const handle = createObedience({ daemon, wishes, finishWithinMs, status, clock })
  const control = await serveControl({ socketPath, handle })
  const leave = () => daemon.leave(finishWithinMs)
  try {
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    announce(prepared, news.log)
    await daemon.run(new AbortController().signal)
  } finally {
    signal.removeEventListener('abort', leave)
    await control.close()
  }
}

function createDaemon(
  options: LendOptions,
  { jenkins, engineInfo, plan }: Prepared,
  wishes: WishKeeper,
): Daemon {
  const { config, log, engine, clock, connect } = options
  const meter = createContainerCpuMeter()
  const { dataRoot } = engineInfo
  const sensors = () => machineSensors({ dataRoot, ownCpus: () => ownCpus(daemon.containers, meter) })
  const { watch = createPolicyWatch(sensors()) } = options
  const gate = createGate({ policy: config.policy, watch, wish: wishes.current, clock, log })
  const daemon = new Daemon({ jenkins, engine, log, clock, plan, gate, reconnect: connect })
  return daemon
}

function statusSource(
  daemon: Daemon,
  { plan, news, clock }: Pick<Prepared, 'plan'> & { news: News; clock: Clock },
) {
  const startedAtMs = clock.now()
  return async () => {
    const { url, seen } = daemon.controller
    // The door as it is now: a look that takes its time must not hide what somebody just asked for.
    const state = { ...daemon.state, gate: await daemon.gate() }
    const controller = { url, version: seen?.version }
    return statusOf({ plan, state, controller, startedAtMs, events: news.events })
  }
}

function announce({ plan: { machine, transport } }: Prepared, log: Log): void {
  const { cpus, memoryBytes } = machine.budget
  const mebibytes = Math.round(memoryBytes / 2 ** 20)
  log.info(`lending up to ${cpus} CPUs and ${mebibytes} MiB as ${machine.name} (${transport.name})`)
}
