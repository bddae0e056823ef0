import type { ContainerSpec, Mount } from '../../core/container-engine.ts'
import { UserError } from '../../core/errors.ts'
import type { AgentConfig, TemplateConfig } from '../config/schema.ts'
import type { Identity } from '../identity.ts'
import type { SlotPlan } from '../world.ts'
import { type EngineSocket, engineSocket } from './engine-socket.ts'
import { requireAllowedImage } from './image-policy.ts'
import { inside } from './inside.ts'
import { slotLabels } from './observed-container.ts'

export interface SlotContainerOptions {
  plan: SlotPlan
  /** Undefined when the configuration no longer has it, which is refused. */
  template: TemplateConfig | undefined
  image: string | undefined
  identity: Identity
  config: AgentConfig
  /** Name of the transport that starts it. */
  transport: string
  /** What runs in it, and what only its transport knows to need. */
  work: (template: TemplateConfig) => ContainerWork
  /** Asked only for a template that may use the engine. */
  socket?: () => EngineSocket
}

export type ContainerWork = Pick<ContainerSpec, 'entrypoint' | 'command' | 'mounts'> &
  Partial<Pick<ContainerSpec, 'user' | 'publish'>>

/**
 * The container of a slot: as large as its plan says, hardened, and labelled so that any later start of the daemon
 * knows it. Throws UserError when the owner of this machine does not allow the image.
 */
export function slotContainerSpec(options: SlotContainerOptions): ContainerSpec {
  const { plan, template, image, identity, config, transport, work } = options
  if (!template || image === undefined) {
    throw new UserError(`there is no template ${plan.template}`, { hint: 'look at templates in agent.yaml' })
  }
  requireAllowedImage(image, config.images.allow)
  const { stopGrace, pidsLimit, capabilities } = config.container
  const { mounts, ...process } = work(template)
  return {
    name: containerName(identity, plan.slot),
    image,
    ...process,
    workingDir: template.workDir,
    env: template.env,
    labels: slotLabels(identity, plan, transport),
    hostname: plan.slot,
    nanoCpus: Math.round(plan.size.cpus * 1e9),
    memoryBytes: plan.size.memoryBytes,
    pidsLimit,
    init: true,
    capDrop: ['ALL'],
    capAdd: capabilities,
    noNewPrivileges: true,
    ...mountsAndGroups(mounts, template, options),
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

function mountsAndGroups(
  mounts: Mount[],
  { dockerSocket }: TemplateConfig,
  { socket = engineSocket }: SlotContainerOptions,
): Pick<ContainerSpec, 'mounts' | 'groups'> {
  if (!dockerSocket) return { mounts }
  const { path, gid } = socket()
  return {
    mounts: [...mounts, { kind: 'bind', source: path, target: inside.engineSocket, readOnly: false }],
    groups: [gid],
  }
}
