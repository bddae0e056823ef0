import type { ContainerEngine } from '../../core/container-engine.ts'
import { containerLabels, observedContainer } from '../containers/observed-container.ts'
import type { Identity } from '../identity.ts'
import { isConnected } from '../slots/slots.ts'
import { linkOf } from '../transports/inbound/link.ts'
import type { ObservedContainer, ObservedNode } from '../world.ts'

export interface ObserveOptions {
  engine: ContainerEngine
  identity: Identity
  signal?: AbortSignal
}

/** Our containers as the engine knows them. Throws RemoteError when the engine does not answer. */
export async function observeContainers(options: ObserveOptions): Promise<ObservedContainer[]> {
  const { engine, identity, signal } = options
  const states = await engine.list(containerLabels(identity), signal)
  const containers = states.map(observedContainer).filter((one) => one !== undefined)
  return await Promise.all(containers.map((container) => withEnd(container, options)))
}

/** A listing does not say why a container ended; that is asked for only when it matters. */
async function withEnd(
  container: ObservedContainer,
  { engine, signal }: ObserveOptions,
): Promise<ObservedContainer> {
  if (container.status !== 'exited' && container.status !== 'dead') return container
  const state = await engine.inspect(container.id, signal)
  return state ? { ...container, exitCode: state.exitCode, oomKilled: state.oomKilled } : container
}

export interface LinkOptions {
  engine: ContainerEngine
  containers: readonly ObservedContainer[]
  nodes: readonly ObservedNode[]
  signal?: AbortSignal
}

/** Enough of a log to hold the last telling line, even behind a stack trace. */
const tailLines = 60

/** Adds what the agents say of their connections, of those that Jenkins believes to be connected. */
export async function observeLinks(options: LinkOptions): Promise<ObservedContainer[]> {
  const { engine, containers, nodes, signal } = options
  const believed = new Set(nodes.filter(isConnected).map(({ name }) => name))
  return await Promise.all(
    containers.map(async (container) => {
      if (container.status !== 'running' || !believed.has(container.slot)) return container
      // One that goes away meanwhile is seen to be gone at the next look.
      const log = await engine.logs(container.id, tailLines, signal).catch(() => '')
      return { ...container, link: linkOf(log) }
    }),
  )
}
