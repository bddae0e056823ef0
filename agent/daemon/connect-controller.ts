import type { CommandContext } from '../../core/command.ts'
import { readSecret } from '../../core/secret-source.ts'
import { connectJenkins } from '../../jenkins/connect.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import type { AgentConfig } from '../config/schema.ts'

/** A client with the token as it is at this moment: it may have been renewed. Throws ConfigError when there is none. */
export async function connectController(
  { controller }: Pick<AgentConfig, 'controller'>,
  context: Pick<CommandContext, 'log' | 'env' | 'cwd' | 'stdin' | 'signal'>,
): Promise<Jenkins> {
  const { log, env, cwd, stdin, signal } = context
  const { url, user, caFile, timeout } = controller
  const setting = 'controller.token'
  const token = await readSecret(controller.token, { setting, log, env, baseDir: cwd, stdin, signal })
  return connectJenkins({ url, user, token, caFile, timeoutMs: timeout, env, log })
}
