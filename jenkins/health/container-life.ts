import type { RawContainer } from '../../core/container-host.ts'

/** Enough of a container's state to tell whether it has started again. */
export interface Life {
  restarts: number
  startedAt: string
}

export function lifeOf(container: RawContainer): Life {
  const { RestartCount: restarts, State } = container
  return {
    restarts: typeof restarts === 'number' ? restarts : 0,
    startedAt: String(State.StartedAt ?? ''),
  }
}

/**
 * Why a container is dead; undefined when it lives as it did at the last look. Fields: Docker Engine API, `GET /containers/{id}/json`.
 */
export function whyDead(container: RawContainer | undefined, before: Life | undefined): string | undefined {
  if (!container) return 'the container is gone'
  const { State } = container
  const how = exit(State)
  if (State.Status === 'created') return 'the container has not been started'
  if (State.Restarting === true) return `the container ended (${how}), and the engine starts it again`
  if (State.Running !== true) return `the container ended: ${how}`
  if (!before) return undefined
  const now = lifeOf(container)
  if (now.restarts > before.restarts) return `the container ended (${how}), and the engine started it again`
  if (now.startedAt !== before.startedAt) return 'the container was started again since the last look'
  return undefined
}

/** jenkinsci/jenkins ExitLifecycle.java for 5; the others as shells have it: 128 and the number of the signal. */
const meanings: Record<number, string> = {
  5: 'exit code 5, with which Jenkins asks to be restarted, also when its boot fails',
  137: 'exit code 137, killed',
  143: 'exit code 143, asked to stop',
}

function exit({ OOMKilled, ExitCode, Error: said }: RawContainer['State']): string {
  if (OOMKilled === true) return 'it needed more memory than it may have'
  const code = Number(ExitCode)
  const words = meanings[code] ?? `exit code ${code}`
  return typeof said === 'string' && said !== '' ? `${words}: ${said}` : words
}
