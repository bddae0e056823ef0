import { describeFailure } from '../../core/command-result.ts'
import { run } from '../../core/process.ts'

/** What the admin's program gets to know of the controller, as variables. */
export interface Checked {
  /** FOOTMAN_CONTAINER: the name of the container. */
  container: string
  /** FOOTMAN_VERSION */
  version: string
  /** FOOTMAN_URL: as this machine reaches it; undefined, and not set, where no port is published. */
  url: string | undefined
}

export interface AdminProbeOptions {
  timeoutMs: number
  signal?: AbortSignal | undefined
  /** What the program inherits. Default: our own. */
  env?: NodeJS.ProcessEnv
}

/**
 * Runs the admin's own check on this machine, without a shell. Exit code 0 is healthy: then there is no reason. Otherwise the
 * reason quotes the last lines that it wrote, secrets removed. Throws the signal's reason, and UserError when nothing can be started.
 */
export async function runProbe(
  command: readonly string[],
  checked: Checked,
  { timeoutMs, signal, env = process.env }: AdminProbeOptions,
): Promise<{ healthy: true } | { healthy: false; reason: string }> {
  const { container, version, url } = checked
  const result = await run(command, {
    ...{ timeoutMs, signal },
    env: {
      ...env,
      FOOTMAN_CONTAINER: container,
      FOOTMAN_VERSION: version,
      ...(url !== undefined && { FOOTMAN_URL: url }),
    },
  })
  // Checks complain on stdout as often as on stderr.
  const said = [result.stdout, result.stderr].map((text) => text.trim()).filter((text) => text !== '')
  const failure = describeFailure(command, { ...result, stderr: said.join('\n') })
  return failure === undefined ? { healthy: true } : { healthy: false, reason: `your own check ${failure}` }
}
