import { messageOf, RemoteError, UserError } from './errors.ts'
import { errorCode } from './file-error.ts'
import { hostKeyFingerprint, hostKeyLine } from './ssh-host-key.ts'

/** Where a connection leads, for messages. */
export interface SshDestination {
  host: string
  port: number
  user: string
}

/** What a failed attempt to connect means to the person. `error` is what ssh2 or the system said. */
export function connectFailure(to: SshDestination, error: unknown): RemoteError | UserError {
  const message = messageOf(error)
  const where = `${to.host}:${to.port}`
  const code = errorCode(error) ?? ''
  const level = levelOf(error)
  if (message.startsWith('Cannot parse privateKey') || message.startsWith('privateKey value')) {
    return new UserError(`the private key for ${where} cannot be used: ${message.replace(/^[^:]*: /, '')}`, {
      hint: 'give an unencrypted private key in the form of ssh-keygen, or load the key into an ssh-agent and use that',
      cause: error,
    })
  }
  if (level === 'agent') {
    return new UserError(`the ssh-agent does not help: ${message}`, {
      hint: 'eval "$(ssh-agent)" && ssh-add, then try again; or give a private key file',
      cause: error,
    })
  }
  if (level === 'client-authentication' || /authentication failures/i.test(message)) {
    return new RemoteError('unauthenticated', `${where} does not let ${to.user} in with this key`, {
      hint: `put the public key into ~${to.user}/.ssh/authorized_keys on ${to.host}; its log says what it did not like`,
      cause: error,
    })
  }
  if (level === 'client-timeout') return timeoutFailure(to, error)
  const cure = networkCures[code]
  if (cure || level === 'client-socket' || message === 'Connection lost before handshake') {
    const reason = cure?.reason ?? message
    return new RemoteError('unreachable', `cannot reach ${where} by SSH: ${reason}`, {
      hint: cure?.hint ?? `see whether an SSH server answers: ssh -p ${to.port} ${to.user}@${to.host}`,
      cause: error,
    })
  }
  return new RemoteError('broken', `${where} does not speak SSH as we do: ${message}`, {
    hint: `compare with: ssh -v -p ${to.port} ${to.user}@${to.host}`,
    cause: error,
  })
}

/** The host showed another key than the pinned one: it was set up anew, or somebody stands in between. */
export function wrongHostKey(to: SshDestination, shown: Buffer, cause: unknown): RemoteError {
  return new RemoteError(
    'forbidden',
    `${to.host}:${to.port} shows another host key than the pinned one: ${hostKeyFingerprint(shown)}`,
    {
      hint: `ask its owner for the fingerprint; only if it is this one, pin "${hostKeyLine(shown)}"`,
      cause,
    },
  )
}

export function timeoutFailure(to: SshDestination, cause: unknown): RemoteError {
  return new RemoteError('timeout', `${to.host}:${to.port} does not answer by SSH in time`, {
    hint: 'check the address, the network and any firewall between here and there',
    cause,
  })
}

/** The connection broke while it was in use. */
export function connectionLost(to: SshDestination, cause: unknown): RemoteError {
  const reason = cause === undefined ? '' : `: ${messageOf(cause)}`
  return new RemoteError('unreachable', `the SSH connection to ${to.host}:${to.port} was lost${reason}`, {
    hint: 'check whether the host is still up, then try again',
    cause,
  })
}

const networkCures: Record<string, { reason: string; hint: string }> = {
  ECONNREFUSED: { reason: 'connection refused', hint: 'check the port, and that an SSH server runs there' },
  ENOTFOUND: { reason: 'there is no such host name', hint: 'check the spelling of the host name' },
  EAI_AGAIN: {
    reason: 'the host name cannot be looked up now',
    hint: 'check the network and its name server',
  },
  EHOSTUNREACH: { reason: 'no route to the host', hint: 'check the address and the network' },
  ENETUNREACH: { reason: 'the network is unreachable', hint: 'check the network connection of this machine' },
}

/** ssh2 says at which level it failed. */
function levelOf(error: unknown): string | undefined {
  return error instanceof Error && 'level' in error && typeof error.level === 'string'
    ? error.level
    : undefined
}
