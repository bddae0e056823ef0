import { quoteShell } from './quote.ts'

const mark = 'footman-process:'
const launcher = `echo "${mark}$$" >&2; exec "$@"`

/**
 * The text to be run on the other side, by whatever login shell. It first says its process id on stderr: sshd takes no
 * signals for root (OpenSSH session.c: "session signalling requires privilege separation"), so that we have to kill by id.
 */
export function remoteCommand(command: readonly string[] | string): string {
  const words = typeof command === 'string' ? ['/bin/sh', '-c', command] : command
  return `exec ${quoteShell(['/bin/sh', '-c', launcher, 'sh', ...words])}`
}

/** The text that sends a signal to the command and all that it started: sshd gives every command a process group. */
export function remoteKill(signal: 'TERM' | 'KILL', processId: number): string {
  return quoteShell(['kill', '-s', signal, '--', `-${processId}`])
}

export interface ProcessIdFilter {
  push(chunk: Buffer): void
  end(): void
  /** Settles when the other side has said it; output on stdout may come earlier. */
  processId: Promise<number>
}

/** Takes the line with the process id out of stderr and passes on the rest. */
export function filterProcessId(passOn: (chunk: Buffer) => void): ProcessIdFilter {
  let held: Buffer | undefined = Buffer.alloc(0)
  let tell: (processId: number) => void
  const processId = new Promise<number>((resolve) => {
    tell = resolve
  })
  return {
    push: (chunk) => {
      if (!held) return passOn(chunk)
      held = Buffer.concat([held, chunk])
      const start = held.indexOf(mark)
      const end = held.indexOf('\n', start)
      if (start === -1 || end === -1) return
      tell(Number(held.toString('latin1', start + mark.length, end)))
      passOn(Buffer.concat([held.subarray(0, start), held.subarray(end + 1)]))
      held = undefined
    },
    end: () => {
      if (held) passOn(held)
      held = undefined
    },
    processId,
  }
}
