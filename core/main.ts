import { runProgram } from './program.ts'
import type { ProgramSpec } from './program-spec.ts'

/** How long a command may go on whose result nobody reads. */
const unheardMs = 2_000

/** Runs a program as this process and leaves with its exit code. The only place that leaves. */
export async function main(spec: ProgramSpec): Promise<void> {
  const { argv, env, stdin, stdout, stderr } = process
  // `footman … | head` closes the pipe early. That is no failure, and no reason to leave things half done.
  stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exit(1)
    stdout.on('error', () => undefined)
    setTimeout(() => process.exit(0), unheardMs).unref()
  })
  const host = { argv: argv.slice(2), env, cwd: process.cwd(), stdin, stdout, stderr, signals: process }
  const exitCode = await runProgram(spec, host)
  // Leaving by hand, because after a second signal work may still be under way; but only once the result is written.
  stdout.write('', () => process.exit(exitCode))
}
