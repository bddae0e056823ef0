import { agentConfigSchema } from '../../agent/config/schema.ts'
import { known, type Readings } from '../../agent/policy/sensor.ts'
import type { CheckOutcome } from '../../agent/preflight/check.ts'
import type { PreflightOptions } from '../../agent/preflight/options.ts'
import { type PreflightResult, preflight } from '../../agent/preflight/preflight.ts'
import { createTcpTransport } from '../../agent/transports/inbound/tcp.ts'
import { webSocketTransport } from '../../agent/transports/inbound/websocket.ts'
import { type FakeDocker, fakeDocker } from './docker-fake.ts'
import { FakeJenkins } from './fake-jenkins.ts'

const gib = 2 ** 30
export const defaultImage = 'jenkins/inbound-agent:jdk17'

export const contentReadings: Readings = {
  power: known({ onBattery: false }),
  idleForMs: known(0),
  foreignLoad: known(0),
  freeDiskBytes: known(200 * gib),
  metered: known(false),
}

export interface PreflightBench {
  jenkins: FakeJenkins
  docker: FakeDocker
  options: PreflightOptions
  run(): Promise<PreflightResult>
  /** Runs everything and returns the one outcome of that name. */
  outcome(name: string): Promise<CheckOutcome | undefined>
}

/** A machine and a controller on which everything is in order; tests spoil one thing each. */
export function preflightBench(
  settings: { controller?: object } & Record<string, unknown> = {},
  over: Partial<PreflightOptions> = {},
): PreflightBench {
  const jenkins = new FakeJenkins()
  const docker = fakeDocker({ info: { arch: 'amd64' } })
  docker.addImage(defaultImage, { arch: 'amd64' })
  const controller = { url: 'https://jenkins.test/', user: 'ann', token: 'env:TOKEN', ...settings.controller }
  const options: PreflightOptions = {
    jenkins,
    engine: docker,
    config: agentConfigSchema.parse({ ...settings, controller }),
    machineName: 'laptop',
    hardware: { cpus: 8, memoryBytes: 16 * gib },
    readings: contentReadings,
    defaultImage: () => defaultImage,
    pull: true,
    transports: [webSocketTransport, createTcpTransport(async () => ({ kind: 'jenkins' }))],
    ...over,
  }
  const run = () => preflight(options)
  return {
    jenkins,
    docker,
    options,
    run,
    outcome: async (name) => (await run()).outcomes.find((outcome) => outcome.name === name),
  }
}
