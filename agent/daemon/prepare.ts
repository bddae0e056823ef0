import type { Clock } from '../../core/clock.ts'
import type { ContainerEngine, EngineInfo } from '../../core/container-engine.ts'
import type { Log } from '../../core/log.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import type { AgentConfig } from '../config/schema.ts'
import { budgetOf, defaultMachineName, machineId, readHardware } from '../hardware.ts'
import { assemble } from './assemble.ts'
import { chooseTransport } from './choose-transport.ts'
import type { Plan } from './edges.ts'
import { greet } from './greet.ts'
import { persist } from './persist.ts'

export interface PrepareOptions {
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
  signal: AbortSignal
}

export interface Prepared {
  jenkins: Jenkins
  engineInfo: EngineInfo
  plan: Plan
}

/**
 * Everything that has to be known before lending begins. Waits for a controller or an engine that is away; throws
 * RemoteError when they refuse us.
 */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const { config, log, engine, clock, connect, stateDir, machineStateDir, cacheDir, signal } = options
  const patience = { log, clock, signal }
  const jenkins = await connect()
  await greet({ jenkins, ...patience })
  const engineInfo = await persist(() => engine.info(signal), patience)
  const id = await machineId(machineStateDir)
  const machineName = config.machine.name ?? defaultMachineName(id)
  const transport = await chooseTransport({ jenkins, config, machineName, ...patience })
  const budget = budgetOf(config.machine, readHardware(engineInfo))
  const plan = await persist(
    () =>
      assemble({
        config,
        jenkins,
        engine,
        transport,
        machineName,
        machineId: id,
        budget,
        stateDir,
        cacheDir,
        signal,
      }),
    patience,
  )
  return { jenkins, engineInfo, plan }
}
