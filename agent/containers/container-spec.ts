import type { ContainerSpec, Mount } from '../../core/container-engine.ts'
import { UserError } from '../../core/errors.ts'
import type { AgentConfig, TemplateConfig } from '../config/schema.ts'
import type { Identity } from '../identity.ts'
import type { Transport } from '../transports/transport.ts'
import type { SlotPlan } from '../world.ts'
import { agentCommand } from './agent-command.ts'
import { type EngineSocket, engineSocket } from './engine-socket.ts'
import { requireAllowedImage } from './image-policy.ts'
import { inside } from './inside.ts'
import { slotLabels } from './observed-container.ts'

export interface AgentContainerOptions {
  plan: SlotPlan
  /** Undefined when the configuration no longer has it, which is refused. */
  template: TemplateConfig | undefined
  image: string | undefined
  /** The controller as the container sees it. */
  controllerUrl: string
  controllerVersion: string | undefined
  transport: Transport
  identity: Identity
  config: AgentConfig
  /** On this machine, readable by everybody. */
  agentJarPath: string
  /** Asked only for a template that may use the engine. */
  socket?: () => EngineSocket
}

/**
 * The container of a slot: as large as its plan says, hardened, and labelled so that any later start of the daemon
 * knows it. Throws UserError when the owner of this machine does not allow the image.
 */
export function agentContainerSpec(options: AgentContainerOptions): ContainerSpec {
  const { plan, template, image, identity, config } = options
  if (!template || image === undefined) {
    throw new UserError(`there is no template ${plan.template}`, { hint: 'look at templates in agent.yaml' })
  }
  requireAllowedImage(image, config.images.allow)
  const { stopGrace, pidsLimit, capabilities } = config.container
  return {
    name: containerName(identity, plan.slot),
    image,
    ...agentCommand({
      ...options,
      java: template.java,
      workDir: template.workDir,
      slot: plan.slot,
      memoryBytes: plan.size.memoryBytes,
    }),
    workingDir: template.workDir,
    env: template.env,
    labels: slotLabels(identity, plan),
    hostname: plan.slot,
    nanoCpus: Math.round(plan.size.cpus * 1e9),
    memoryBytes: plan.size.memoryBytes,
    pidsLimit,
    init: true,
    capDrop: ['ALL'],
    capAdd: capabilities,
    noNewPrivileges: true,
    ...mountsAndGroups(options, template),
    ...(template.network !== undefined && { network: template.network }),
    extraHosts: template.extraHosts,
    ...(template.shm !== undefined && { shmBytes: template.shm }),
    stopGraceSeconds: Math.ceil(stopGrace / 1000),
  }
}

/**
 * One name for each slot: that the engine refuses a second container of the same name is what keeps a slot from
 * having two.
 */
function containerName({ controllerId }: Identity, slot: string): string {
  return `footman-${controllerId}-${slot}`
}

/**
 * The volume in which agents keep the classes that they fetch from their controller. Code of one controller is no
 * business of another's agents, so each has its own.
 */
export function jarCacheVolume({ controllerId }: Pick<Identity, 'controllerId'>): string {
  return `footman-jar-cache-${controllerId}`
}

function mountsAndGroups(
  { identity, agentJarPath, socket = engineSocket }: AgentContainerOptions,
  { dockerSocket }: TemplateConfig,
): Pick<ContainerSpec, 'mounts' | 'groups'> {
  const mounts: Mount[] = [
    { kind: 'bind', source: agentJarPath, target: inside.agentJar, readOnly: true },
    { kind: 'volume', name: jarCacheVolume(identity), target: inside.jarCache, readOnly: false },
  ]
  if (!dockerSocket) return { mounts }
  const { path, gid } = socket()
  return {
    mounts: [...mounts, { kind: 'bind', source: path, target: inside.engineSocket, readOnly: false }],
    groups: [gid],
  }
}
