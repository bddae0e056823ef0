import type { ContainerEngine } from '../../core/container-engine.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import type { AgentConfig } from '../config/schema.ts'
import type { Readings } from '../policy/sensor.ts'
import type { Transport } from '../transports/transport.ts'
import type { Size } from '../world.ts'

export interface PreflightOptions {
  jenkins: Jenkins
  /** The engine, or why there is none. */
  engine: ContainerEngine | Error
  config: AgentConfig
  machineName: string
  hardware: Size
  readings: Readings
  /** Image of a template that names none, for a controller of this version. */
  defaultImage: (controllerVersion: string) => string
  /** Fetch images that are missing; otherwise it is only said that they are. */
  pull: boolean
  nowMs?: () => number
  /** Ways in which agents may connect; default: all that there are. */
  transports?: readonly Transport[]
  /** Lines of a long pull. */
  onProgress?: (line: string) => void
  signal?: AbortSignal
}
