import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { deadline } from './clock.ts'
import { ConfigError, messageOf } from './errors.ts'
import type { Log } from './log.ts'
import { expandHome } from './paths.ts'
import { Secret } from './secret.ts'
import { formatDuration } from './units.ts'

export interface SecretSourceOptions {
  /** The setting that holds the reference, e.g. `controller.token`; errors name it. */
  setting: string
  log: Log
  env?: Readonly<Record<string, string | undefined>>
  home?: string
  /** Relative paths are below this folder. Default: the working directory. */
  baseDir?: string
  stdin?: Readable & { isTTY?: boolean }
  /** How long to wait for a pipe to be filled and closed, in ms. Default one minute. */
  timeoutMs?: number
  signal?: AbortSignal
}

/**
 * Fetches the secret that a reference names: `file:PATH` (~ is the home folder), `env:NAME`, or `stdin` up to its end.
 * One line break at the end is not part of the secret. Warns when other users may read the file.
 * Throws ConfigError with the cure; the error never holds the secret.
 */
export async function readSecret(reference: string, options: SecretSourceOptions): Promise<Secret> {
  const { setting } = options
  const colon = reference.indexOf(':')
  const name = reference.slice(colon + 1)
  if (reference.startsWith('file:') && name) return fromFile(name, options)
  if (reference.startsWith('env:') && name) return fromVariable(name, options)
  if (reference === 'stdin') return fromStdin(options)
  throw new ConfigError(`${setting} does not say where the secret is found`, {
    hint: 'write file:PATH, env:NAME or stdin',
  })
}

async function fromFile(given: string, options: SecretSourceOptions): Promise<Secret> {
  const { env = process.env, home = env.HOME || homedir(), baseDir = process.cwd(), setting, log } = options
  const path = resolve(baseDir, expandHome(given, home))
  const text = await read(createReadStream(path, { end: mostBytes }), options).catch((error: unknown) => {
    options.signal?.throwIfAborted()
    throw new ConfigError(`${setting}: cannot read ${path}: ${messageOf(error)}`, {
      hint: cures[(error as NodeJS.ErrnoException).code ?? '']?.(path) ?? `make ${path} a readable file`,
      cause: error,
    })
  })
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() && (found.mode & 0o077) !== 0) {
    log.warn(
      `other users of this machine may open ${path}, the secret of ${setting}; cure: chmod 600 ${path}`,
    )
  }
  return accept(text, path, setting)
}

const cures: Record<string, (path: string) => string> = {
  ENOENT: (path) => `write the secret there: (umask 077; cat > ${path})`,
  EACCES: (path) => `let yourself read it: chmod 600 ${path}`,
  EISDIR: (path) => `name a file inside ${path}`,
}

function fromVariable(name: string, { env = process.env, setting }: SecretSourceOptions): Secret {
  const text = env[name]
  if (text !== undefined) return accept(text, `the variable ${name}`, setting)
  throw new ConfigError(`${setting}: the variable ${name} is not set`, {
    hint: `set ${name} in the environment of footman, or let ${setting} name a file: file:PATH`,
  })
}

async function fromStdin(options: SecretSourceOptions): Promise<Secret> {
  const { stdin = process.stdin, setting } = options
  if (stdin.isTTY) {
    throw new ConfigError(`${setting} is to be read from the standard input, which is a terminal`, {
      hint: 'send it in: footman ... < FILE',
    })
  }
  const text = await read(stdin, options).catch((error: unknown) => {
    options.signal?.throwIfAborted()
    throw new ConfigError(`${setting}: cannot read the standard input: ${messageOf(error)}`, {
      hint: 'send the secret in and close the pipe: footman ... < FILE',
      cause: error,
    })
  })
  return accept(text, 'the standard input', setting)
}

/** Beyond every token, password and key; a wrong path to something large must not fill the memory. */
const mostBytes = 64 * 1024

async function read(stream: Readable, { timeoutMs = 60_000, signal }: SecretSourceOptions): Promise<string> {
  const limit = deadline(timeoutMs, signal)
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of addAbortSignal(limit, stream)) {
      chunks.push(Buffer.from(chunk))
      bytes += chunk.length
      if (bytes > mostBytes) throw new Error('it is far too long for a secret')
    }
  } catch (error) {
    throw limit.aborted ? new Error(`it did not end within ${formatDuration(timeoutMs)}`) : error
  }
  return Buffer.concat(chunks).toString('utf8')
}

function accept(text: string, origin: string, setting: string): Secret {
  const secret = text.replace(/\r?\n$/, '')
  if (secret.trim() !== '') return new Secret(secret)
  throw new ConfigError(`${setting}: ${origin} is empty`, {
    hint: `put the secret there, or let ${setting} name another place`,
  })
}
