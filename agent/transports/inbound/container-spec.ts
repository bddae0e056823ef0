import type { ContainerSpec } from '../../../core/container-engine.ts'
import { inside } from '../../containers/inside.ts'
import { type SlotContainerOptions, slotContainerSpec } from '../../containers/slot-container.ts'
import type { Identity } from '../../identity.ts'
import { agentCommand } from './agent-command.ts'
import type { InboundWay } from './way.ts'

export interface AgentContainerOptions extends Omit<SlotContainerOptions, 'work' | 'transport'> {
  /** The controller as the container sees it. */
  controllerUrl: string
  controllerVersion: string | undefined
  transport: InboundWay
  /** On the engine's machine, readable by everybody; undefined where it has to be put in. */
  agentJarPath: string | undefined
}

/** The container of a slot whose agent dials the controller. Throws UserError when the owner of this machine does not allow the image. */
export function agentContainerSpec(options: AgentContainerOptions): ContainerSpec {
  const { plan, identity, agentJarPath, transport } = options
  return slotContainerSpec({
    ...options,
    transport: transport.name,
    work: ({ java, workDir }) => ({
      ...agentCommand({ ...options, java, workDir, slot: plan.slot, memoryBytes: plan.size.memoryBytes }),
      mounts: [
        ...(agentJarPath === undefined
          ? []
          : [{ kind: 'bind', source: agentJarPath, target: inside.agentJar, readOnly: true } as const]),
        { kind: 'volume', name: jarCacheVolume(identity), target: inside.jarCache, readOnly: false },
      ],
    }),
  })
}

/**
 * The volume in which agents keep the classes that they fetch from their controller. Code of one controller is no
 * business of another's agents, so each has its own.
 */
export function jarCacheVolume({ controllerId }: Pick<Identity, 'controllerId'>): string {
  return `footman-jar-cache-${controllerId}`
}
