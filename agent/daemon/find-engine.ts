import type { CommandContext } from '../../core/command.ts'
import type { ContainerEngine } from '../../core/container-engine.ts'
import { connectDocker } from '../../core/docker.ts'
import { readSecret } from '../../core/secret-source.ts'
import type { AgentConfig } from '../config/schema.ts'

/** The engine that the configuration names, else the one that the docker command would use. Throws what `connectDocker` throws. */
export async function findEngine(
  { docker: host, dockerSsh }: Pick<AgentConfig, 'docker' | 'dockerSsh'>,
  { log, env, cwd, stdin, signal }: Pick<CommandContext, 'log' | 'env' | 'cwd' | 'stdin' | 'signal'>,
): Promise<ContainerEngine> {
  const source = { setting: 'dockerSsh.key', log, env, baseDir: cwd, stdin, signal }
  const key = dockerSsh.key === undefined ? undefined : await readSecret(dockerSsh.key, source)
  const { hostKey } = dockerSsh
  const ssh = { ...(key && { key }), ...(hostKey !== undefined && { hostKey }) }
  return await connectDocker({ ...(host !== undefined && { host }), env, ssh, log, signal })
}
