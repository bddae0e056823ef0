import type { Readable } from 'node:stream'
import { RemoteError } from '../../core/errors.ts'
import { formatDuration } from '../../core/units.ts'
import { failureOf, hear, type Said } from './answers.ts'
import { homeScript } from './script.ts'
import type { HelperOptions, HelperTask } from './task.ts'

/** Where the script says how it goes when its stdout is something else. */
const aside = '/tmp/footman-aside'

/**
 * Runs the script in a helper container; returns its results, or throws what it refused or failed with. The helper is given up
 * when nothing moves in it for `silenceMs`.
 */
export async function runScript(
  { host, places, onProgress = () => {}, silenceMs = 900_000 }: HelperOptions,
  { verb, args = [], signal, consume }: HelperTask,
  helper: string,
): Promise<string[]> {
  const said: Said = { results: [], refusals: [], full: undefined, notes: [], code: undefined }
  const listen = (line: string) => {
    const progress = hear(said, line)
    if (progress !== undefined) onProgress(progress)
  }
  const words = [...(consume ? [aside] : []), ...args]
  const command = ['bash', '--norc', '-c', homeScript(), 'home.sh', verb, places.controller, ...words]
  const stream = await host.openExec(helper, command, signal)
  const silence = setTimeout(() => stream.destroy(silent(silenceMs)), silenceMs)
  const moved = () => void silence.refresh()
  stream.on('data', moved)
  try {
    if (consume) await consume(stream)
    else await readLines(stream, listen)
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof RemoteError && error.failure === 'timeout') throw error
    // The engine is gone, which this finds out, or the program is, of which the script has told more than the engine knows.
    await host.inspect(helper, signal)
  } finally {
    clearTimeout(silence)
    stream.destroy()
  }
  if (consume) {
    const { stdout } = await host.exec(helper, { command: ['cat', aside] }, signal)
    stdout.split('\n').forEach(listen)
  }
  if (said.code !== 0) throw failureOf(said, places)
  return said.results
}

function silent(ms: number): RemoteError {
  return new RemoteError('timeout', `nothing has moved in the helper container for ${formatDuration(ms)}`, {
    hint: 'look whether the disks of the home and of the backups answer, then try again',
  })
}

async function readLines(stream: Readable, listen: (line: string) => void): Promise<void> {
  stream.setEncoding('utf8')
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(listen)
  }
  if (rest !== '') listen(rest)
}
