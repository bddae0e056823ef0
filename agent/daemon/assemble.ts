import type { ContainerEngine } from '../../core/container-engine.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import type { AgentConfig, TemplateConfig } from '../config/schema.ts'
import { formatNodeDescription } from '../fleet/fleet.ts'
import { controllerIdOf } from '../identity.ts'
import type { Transport } from '../transports/transport.ts'
import type { Size, Template } from '../world.ts'
import type { Plan } from './edges.ts'

export interface AssembleOptions {
  config: AgentConfig
  jenkins: Jenkins
  engine: ContainerEngine
  transport: Transport
  machineName: string
  machineId: string
  budget: Size
  stateDir: string
  cacheDir: string
  signal?: AbortSignal
}

/** Works out, once, everything that follows from configuration, hardware and what engine and controller say of themselves. */
export async function assemble(options: AssembleOptions): Promise<Plan> {
  const { config, jenkins, engine, transport, machineName, machineId, budget, signal } = options
  const { os, arch, host: engineHost } = await engine.info(signal)
  const versionNow = jenkins.seen?.version ?? (await jenkins.root(signal)).version
  const truths = [os, arch, machineName, ...config.machine.features, ...transport.addedLabels]
  const templates = config.templates.map((template) => templateOf(template, truths, budget))
  const description = formatNodeDescription({
    id: machineId,
    machine: machineName,
    budget,
    slots: config.machine.slots,
    features: templates.map(({ features }) => [...features]),
  })
  return {
    config,
    identity: { machineName, machineId, controllerId: controllerIdOf(jenkins.url) },
    machine: { name: machineName, id: machineId, budget, maxSlots: config.machine.slots },
    templates,
    images: (version = versionNow) =>
      Object.fromEntries(
        config.templates.map(({ name, image }) => [name, image ?? transport.defaultImage(version)]),
      ),
    transport,
    engineHost,
    stateDir: options.stateDir,
    cacheDir: options.cacheDir,
    describe: () => description,
  }
}

function templateOf(template: TemplateConfig, truths: readonly string[], budget: Size): Template {
  const { name, features, size, max } = template
  return { name, features: [...new Set([...truths, ...features])], size, max: max ?? budget }
}
