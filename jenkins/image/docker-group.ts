import { stat } from 'node:fs/promises'
import { findDockerHosts } from '../../core/docker-host.ts'
import { messageOf, UserError } from '../../core/errors.ts'

const hint =
  'name the group with --docker-group, as `stat -c %g /var/run/docker.sock` says it where the engine runs'

/**
 * The number of the group that the engine's socket belongs to: the socket lets in its members, by number. Throws UserError
 * where the engine is not on this machine.
 */
export async function dockerGroup(env: NodeJS.ProcessEnv): Promise<number> {
  for (const finding of findDockerHosts({ env })) {
    if (!('endpoint' in finding) || !('socketPath' in finding.endpoint.connection)) continue
    const { socketPath } = finding.endpoint.connection
    try {
      return (await stat(socketPath)).gid
    } catch (cause) {
      throw new UserError(`cannot tell the group of ${socketPath}: ${messageOf(cause)}`, { hint, cause })
    }
  }
  throw new UserError('there is no socket of a container engine on this machine whose group could be told', {
    hint,
  })
}
