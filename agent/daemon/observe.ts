import type { ContainerEngine } from '../../core/container-engine.ts'
import { containerLabels, observedContainer } from '../containers/observed-container.ts'
import type { Identity } from '../identity.ts'
import { linkOf } from '../transports/link.ts'
import type { ObservedContainer } from '../world.ts'

export interface ObserveOptions {
  engine: ContainerEngine
  identity: Identity
  /** Read the agents' logs too, because connections may have died unnoticed. */
  isDoubtful: boolean
  signal?: AbortSignal
}

/** Enough of a log to hold the last telling line, even behind a stack trace. */
const tailLines = 60

/** Our containers as the engine knows them. Throws RemoteError when the engine does not answer. */
export async function observeContainers(options: ObserveOptions): Promise<ObservedContainer[]> {
  const { engine, identity, signal } = options
  const states = await engine.list(containerLabels(identity), signal)
  const containers = states.map(observedContainer).filter((one) => one !== undefined)
  return await Promise.all(containers.map((container) => withDetails(container, options)))
}

/** A listing says neither why a container ended nor what its agent thinks; both are asked for only when they matter. */
async function withDetails(
  container: ObservedContainer,
  options: ObserveOptions,
): Promise<ObservedContainer> {
  const { engine, isDoubtful, signal } = options
  if (container.status === 'exited' || container.status === 'dead') {
    const state = await engine.inspect(container.id, signal)
    return state ? { ...container, exitCode: state.exitCode, oomKilled: state.oomKilled } : container
  }
  if (container.status !== 'running' || !isDoubtful) return container
  return { ...container, link: linkOf(await engine.logs(container.id, tailLines, signal)) }
}
