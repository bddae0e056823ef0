import { statSync } from 'node:fs'
import { findDockerHosts, type HostSurroundings } from '../../core/docker-host.ts'

export interface EngineSocket {
  /** As the engine sees it, for mounting. */
  path: string
  /** The group that may use it. */
  gid: number
}

/**
 * The engine's socket, for templates whose owner lets builds use the engine. Where the engine lives in a virtual
 * machine (macOS, Windows) the path is the one in there, where the socket belongs to root.
 */
export function engineSocket(
  surroundings: HostSurroundings = {},
  groupOf: (path: string) => number = (path) => statSync(path).gid,
): EngineSocket {
  const inVirtualMachine = { path: '/var/run/docker.sock', gid: 0 }
  if ((surroundings.platform ?? process.platform) !== 'linux') return inVirtualMachine
  const found = findDockerHosts(surroundings).find((finding) => 'endpoint' in finding)
  if (!found || !('socketPath' in found.endpoint.connection)) return inVirtualMachine
  const { socketPath } = found.endpoint.connection
  return { path: socketPath, gid: groupOf(socketPath) }
}
