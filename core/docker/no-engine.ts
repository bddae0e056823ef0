import { FootmanError, RemoteError, UserError } from '../errors.ts'

/** What came of one place where an engine might be: our error, or why the place is out. */
export interface Attempt {
  source: string
  reason: unknown
}

/**
 * One error for "no engine answers", listing each place and why not. The cure is that of the most telling failure:
 * an engine that refused us says more than one that is not there.
 */
export function noEngine(attempts: readonly Attempt[]): FootmanError {
  const errors = attempts.map(({ reason }) => reason).filter((reason) => reason instanceof FootmanError)
  const telling = errors.find(isTelling) ?? errors[0]
  const only = attempts.length === 1 ? attempts[0] : undefined
  const message = only
    ? `no container engine answers: ${line(only)}`
    : `no container engine answers; tried:\n${attempts.map((attempt) => `  ${line(attempt)}`).join('\n')}`
  const hint =
    telling?.hint ?? 'install Docker, Podman or Colima and start it, or set DOCKER_HOST to where it listens'
  if (telling instanceof RemoteError)
    return new RemoteError(telling.failure, message, { hint, cause: telling })
  if (telling) return new UserError(message, { hint, cause: telling })
  return new RemoteError('unreachable', message, { hint })
}

/** Not just "nobody there". */
function isTelling(error: FootmanError): boolean {
  return !/\((ENOENT|ECONNREFUSED)\)/.test(error.message)
}

function line({ source, reason }: Attempt): string {
  return `${source}: ${reason instanceof FootmanError ? reason.message : String(reason)}`
}
