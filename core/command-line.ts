import { CommanderError } from 'commander'
import type { Command, CommandEntry } from './command.ts'
import { createParser } from './command-parser.ts'
import { type ExitCode, exitCodes, UserError } from './errors.ts'
import { shortHelp } from './help.ts'
import type { GlobalOptions, ProgramSpec } from './program-spec.ts'

/** What a command line asks for: a command, or only a text. */
export type Request =
  | { kind: 'run'; command: Command; given: Record<string, unknown>; global: GlobalOptions }
  | { kind: 'text'; text: string; stream: 'out' | 'err'; exitCode: ExitCode }

/**
 * Understands a command line (without the words `node` and `footman`) and loads the one command that it names.
 * Throws UserError with exit code 2 for what cannot be understood; the hint names the nearest that can.
 */
export async function parseCommandLine(spec: ProgramSpec, argv: readonly string[]): Promise<Request> {
  if (argv.length === 0) return { kind: 'text', text: shortHelp(spec), stream: 'out', exitCode: exitCodes.ok }
  // `footman help agent run` and `footman agent run --help` are the same wish.
  const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv
  const entry = entryNamedBy(words, spec.commands)
  const command = await entry?.load()
  const printed = { out: '', err: '' }
  let request: Request | undefined
  const parser = createParser(spec, {
    loaded: entry && command && { entry, command },
    write: (stream, text) => {
      printed[stream] += text
    },
    onCommand: (chosen, given, global) => {
      request = { kind: 'run', command: chosen, given, global }
    },
  })
  try {
    parser.parse(words, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return textOrError(error, printed, spec, words)
    throw error
  }
  return request ?? { kind: 'text', text: printed.out, stream: 'out', exitCode: exitCodes.ok }
}

/** The command whose noun and verb are the first words that are no options. */
function entryNamedBy(words: readonly string[], commands: readonly CommandEntry[]): CommandEntry | undefined {
  const names = words.filter((word, index) => !word.startsWith('-') && words[index - 1] !== '--config')
  return (
    commands.find(({ noun, verb }) => noun !== undefined && noun === names[0] && verb === names[1]) ??
    commands.find(({ noun, verb }) => noun === undefined && verb === names[0])
  )
}

function textOrError(
  error: CommanderError,
  printed: { out: string; err: string },
  spec: ProgramSpec,
  words: readonly string[],
): Request {
  if (error.exitCode === 0) return { kind: 'text', text: printed.out, stream: 'out', exitCode: exitCodes.ok }
  // A noun without a verb: its help says more than a complaint would.
  if (error.code === 'commander.help') {
    return { kind: 'text', text: printed.err, stream: 'err', exitCode: exitCodes.usage }
  }
  const [problem = '', guess] = error.message.replace(/^error: /, '').split('\n')
  const meant = /^\(Did you mean (.+)\?\)$/.exec(guess ?? '')?.[1]
  const entry = entryNamedBy(words, spec.commands)
  const about = entry ? [spec.name, entry.noun, entry.verb].filter(Boolean).join(' ') : spec.name
  throw new UserError(problem, {
    exitCode: exitCodes.usage,
    hint: meant ? `did you mean ${meant}? See ${about} --help` : `see ${about} --help`,
  })
}
