import { type CommandResult, describeFailure } from './command-result.ts'
import { RemoteError } from './errors.ts'
import type { SshDestination } from './ssh-failure.ts'
import { temporaryBeside } from './temporary.ts'
import { formatSize } from './units.ts'

export interface SshFileOptions {
  /** Deadline of the whole transfer, in ms. */
  timeoutMs: number
  signal?: AbortSignal | undefined
}

/** As `CommandResult`, but for bytes that are no text. */
export type RawResult = Omit<CommandResult, 'stdout'> & { stdout: Buffer }

/** What files need of a connection. Only a POSIX shell is asked of the host: small containers have no SFTP server. */
export interface RemoteShell {
  to: SshDestination
  exec(
    words: readonly string[],
    options: SshFileOptions & { input?: string | Uint8Array; maxOutputBytes?: number },
  ): Promise<RawResult>
}

/** The size is checked because a broken connection looks like the end of the file. */
const putScript = `
umask 077
trap 'rm -f -- "$2"' EXIT
cat > "$2" &&
{ [ "$(wc -c < "$2")" -eq "$3" ] || { echo "only a part of it arrived" >&2; false; }; } &&
chmod "$4" "$2" &&
mv -f -- "$2" "$1"`

/** Writes beside the file first and moves into place what arrived whole. */
export async function putRemoteFile(
  shell: RemoteShell,
  path: string,
  options: SshFileOptions & { content: string | Uint8Array; mode?: number },
): Promise<void> {
  const { mode = 0o600, timeoutMs, signal } = options
  const content = Buffer.from(options.content)
  const words = [path, temporaryBeside(path), String(content.length), mode.toString(8)]
  const result = await shell.exec(['/bin/sh', '-c', putScript, 'sh', ...words], {
    input: content,
    timeoutMs,
    signal,
  })
  throwIfFailed(`write ${path}`, shell.to, result)
}

const absent = 44
const readScript = `[ -e "$1" ] || exit ${absent}; exec cat -- "$1"`
const maxFileBytes = 100 * 2 ** 20

export async function readRemoteFile(
  shell: RemoteShell,
  path: string,
  options: SshFileOptions,
): Promise<Buffer | undefined> {
  const { timeoutMs, signal } = options
  const result = await shell.exec(['/bin/sh', '-c', readScript, 'sh', path], {
    timeoutMs,
    signal,
    maxOutputBytes: maxFileBytes,
  })
  if (result.exitCode === absent) return undefined
  throwIfFailed(`read ${path}`, shell.to, result)
  if (result.truncated) {
    throw new RemoteError(
      'rejected',
      `${path} on ${shell.to.host} is larger than ${formatSize(maxFileBytes)}`,
      {
        hint: 'copy large files with rsync',
      },
    )
  }
  return result.stdout
}

function throwIfFailed(action: string, to: SshDestination, result: RawResult): void {
  const failure = describeFailure(action, result)
  if (!failure) return
  throw new RemoteError(result.timedOut ? 'timeout' : 'rejected', `on ${to.host}: ${failure}`, {
    hint: `look at the folder, its rights and its free space as ${to.user} on ${to.host}`,
  })
}
