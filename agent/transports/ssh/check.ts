import { type Clock, systemClock } from '../../../core/clock.ts'
import { RemoteError, UserError } from '../../../core/errors.ts'
import { retry } from '../../../core/retry.ts'
import type { SshConnection, SshOptions } from '../../../core/ssh.ts'
import { formatSize } from '../../../core/units.ts'

export interface CheckOptions {
  login: Pick<SshOptions, 'host' | 'port' | 'user' | 'identity' | 'hostKey'>
  java: string
  workDir: string
  clock?: Clock
  connect?: (options: SshOptions) => Promise<SshConnection>
  signal?: AbortSignal | undefined
}

/** sshd takes a moment to start. */
const startsWithinMs = 20_000
const attemptMs = 10_000
const javaMs = 30_000
/** Below it a monitor of Jenkins takes the node offline (jenkinsci/jenkins DiskSpaceMonitorDescriptor.java). */
const leastDiskBytes = 2 ** 30

/** Exit codes of our own, which no Java has. */
const noJava = 91
const noFolder = 92
const script = `"$1" -version >/dev/null 2>&1 || exit ${noJava}
mkdir -p "$2" && [ -w "$2" ] || exit ${noFolder}
df -Pk "$2" | tail -n 1`

/**
 * Logs in as the controller will, by the same address and the same key, and looks whether an agent could live there. Throws
 * RemoteError or UserError with the cure, before the controller is told anything.
 */
export async function checkSshSlot(options: CheckOptions): Promise<void> {
  const { login, java, workDir, signal } = options
  const connection = await logIn(options)
  try {
    const words = ['/bin/sh', '-c', script, 'sh', java, workDir]
    const { exitCode, stdout, timedOut } = await connection.run(words, { timeoutMs: javaMs, signal })
    if (exitCode === noJava || timedOut) {
      throw new UserError(`the image has no Java that a login over SSH finds as ${java}`, {
        hint: 'set templates[].java to its full path in the image, e.g. /opt/java/openjdk/bin/java',
      })
    }
    if (exitCode === noFolder) {
      throw new UserError(`${login.user} cannot write to ${workDir} inside the container`, {
        hint: 'set templates[].workDir to a folder that this user may make',
      })
    }
    const freeBytes = Number(stdout.trim().split(/\s+/)[3]) * 1024
    if (freeBytes < leastDiskBytes) {
      throw new UserError(
        `only ${formatSize(freeBytes)} of disk are free for builds, and Jenkins takes nodes with less than ${formatSize(leastDiskBytes)} offline`,
        { hint: 'free some space, e.g. with `docker system prune`' },
      )
    }
  } finally {
    await connection.close()
  }
}

async function logIn(options: CheckOptions): Promise<SshConnection> {
  const { login, clock = systemClock, signal } = options
  // Loaded on demand: a daemon whose agents dial in needs no SSH.
  const { connect = (await import('../../../core/ssh.ts')).connectSsh } = options
  try {
    return await retry(() => connect({ ...login, timeoutMs: attemptMs, signal }), {
      withinMs: startsWithinMs,
      firstPauseMs: 100,
      maxPauseMs: 1_000,
      isRetryable: isStarting,
      clock,
      ...(signal && { signal }),
    })
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error
    throw new RemoteError(
      error.failure,
      `the container cannot be reached as the controller would: ${error.message}`,
      {
        hint: cures[error.failure] ?? error.hint ?? 'see whether you can log in there by hand: ssh -v',
        cause: error,
      },
    )
  }
}

/** A port that is published takes connections before anything listens behind it. */
function isStarting(error: unknown): boolean {
  return error instanceof RemoteError && error.failure === 'unreachable'
}

const cures: Partial<Record<RemoteError['failure'], string>> = {
  unreachable:
    'set ssh.host to an address of this machine at which the controller reaches it, and let its ports through the firewall',
  timeout:
    'a firewall swallows the connection: let the ports of ssh.port through, or set ssh.host to another address of this machine',
  forbidden:
    'something else answers there: set ssh.host to an address of this machine, and ssh.port to ports that nobody uses',
  unauthenticated: 'check ssh.user: it has to exist in the image, with a shell',
}
