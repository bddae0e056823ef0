import type { Clock } from '../../core/clock.ts'
import type { ContainerEngine } from '../../core/container-engine.ts'
import type { Log } from '../../core/log.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import type { AgentConfig } from '../config/schema.ts'
import type { AgentStatus, ControlRequest } from '../control/protocol.ts'
import { serveControl } from '../control/server.ts'
import { budgetOf, defaultMachineName, machineId, readHardware } from '../hardware.ts'
import { createContainerCpuMeter } from '../policy/container-cpu.ts'
import { machineSensors } from '../policy/machine-sensors.ts'
import { createPolicyWatch } from '../policy/watch.ts'
import { assemble } from './assemble.ts'
import { chooseTransport } from './choose-transport.ts'
import { Daemon } from './daemon.ts'
import { createGate } from './gate.ts'
import { greet } from './greet.ts'
import { statusOf } from './status.ts'
import { keepWish, readWish, type Wish } from './wish.ts'

export interface LendOptions {
  config: AgentConfig
  log: Log
  engine: ContainerEngine
  clock: Clock
  /** A client with the credentials of this moment. */
  connect: () => Promise<Jenkins>
  /** State of lending to this controller. */
  stateDir: string
  /** State of this machine, whatever it lends to. */
  machineStateDir: string
  cacheDir: string
  socketPath: string
  /** Aborts when the daemon shall end: builds may finish within policy.finishWithin. */
  signal: AbortSignal
}

/** Events that `status` still shows. */
const keptEvents = 20

/** Lends this machine until it is told to stop. Throws RemoteError when the controller refuses us at the start. */
export async function lend(options: LendOptions): Promise<void> {
  const { config, log, engine, clock, connect, stateDir, signal } = options
  const jenkins = await connect()
  await greet({ jenkins, log, clock, signal })
  const id = await machineId(options.machineStateDir)
  const machineName = config.machine.name ?? defaultMachineName(id)
  const transport = await chooseTransport({ config, jenkins, machineName, log, clock, signal })
  const info = await engine.info(signal)
  const plan = await assemble({
    config,
    jenkins,
    engine,
    transport,
    machineName,
    machineId: id,
    budget: budgetOf(config.machine, readHardware(info)),
    stateDir,
    cacheDir: options.cacheDir,
    signal,
  })
  let wish = await readWish(stateDir, clock.now())
  const events: AgentStatus['events'] = []
  const meter = createContainerCpuMeter()
  const sensors = machineSensors({
    dataRoot: info.dataRoot,
    ownCpus: async () => (await meter(daemon.containerIds)) ?? 0,
  })
  const gate = createGate({
    policy: config.policy,
    watch: createPolicyWatch(sensors),
    wish: () => wish,
    clock,
    log,
  })
  const onNews = (text: string) => {
    events.push({ atMs: clock.now(), text })
    if (events.length > keptEvents) events.shift()
  }
  const daemon = new Daemon({ jenkins, engine, log, clock, plan, gate, reconnect: connect, onNews })
  const startedAtMs = clock.now()
  const status = () =>
    statusOf({
      plan,
      state: daemon.state,
      controller: { url: jenkins.url, version: jenkins.seen?.version },
      startedAtMs,
      events,
    })

  const handle = async (request: ControlRequest) => {
    const asked = wishOf(request, clock.now())
    if (asked) {
      wish = asked
      await keepWish(stateDir, asked)
      await daemon.heed()
    }
    if (request.request === 'stop') daemon.leave(request.now ? 0 : config.policy.finishWithin)
    return status()
  }
  const leave = () => daemon.leave(config.policy.finishWithin)
  signal.addEventListener('abort', leave, { once: true })
  const control = await serveControl({ socketPath: options.socketPath, handle })
  const { cpus, memoryBytes } = plan.machine.budget
  log.info(
    `lending up to ${cpus} CPUs and ${Math.round(memoryBytes / 2 ** 20)} MiB as ${plan.machine.name} (${transport.name})`,
  )
  try {
    await daemon.run(new AbortController().signal)
  } finally {
    signal.removeEventListener('abort', leave)
    await control.close()
  }
}

function wishOf(request: ControlRequest, nowMs: number): Wish | undefined {
  switch (request.request) {
    case 'pause': {
      const untilMs = request.forMs === undefined ? undefined : nowMs + request.forMs
      return { mode: 'paused', sinceMs: nowMs, ...(untilMs !== undefined && { untilMs }) }
    }
    case 'drain':
      return { mode: 'draining', sinceMs: nowMs }
    case 'resume':
      return { mode: 'run' }
    default:
      return undefined
  }
}
