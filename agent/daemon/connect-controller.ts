import type { CommandContext } from '../../core/command.ts'
import type { Secret } from '../../core/secret.ts'
import { readSecret } from '../../core/secret-source.ts'
import { connectJenkins } from '../../jenkins/connect.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import type { AgentConfig } from '../config/schema.ts'

type Settings = Pick<AgentConfig, 'controller'>
type Surroundings = Pick<CommandContext, 'log' | 'env' | 'cwd' | 'stdin' | 'signal'>

/** A client with the token as it is at this moment. Throws ConfigError when there is none. */
export async function connectController(settings: Settings, context: Surroundings): Promise<Jenkins> {
  return await controllerConnector(settings, context)()
}

/**
 * Makes clients, each with the token of its moment: it may have been renewed meanwhile. Only what came in by the
 * standard input is kept, which can be read once.
 */
export function controllerConnector(
  { controller }: Settings,
  { log, env, cwd, stdin, signal }: Surroundings,
): () => Promise<Jenkins> {
  const { url, user, caFile, timeout } = controller
  const source = { setting: 'controller.token', log, env, baseDir: cwd, stdin, signal }
  let poured: Secret | undefined
  return async () => {
    const token = poured ?? (await readSecret(controller.token, source))
    if (controller.token === 'stdin') poured = token
    return connectJenkins({ url, user, token, caFile, timeoutMs: timeout, env, log })
  }
}
