import type { Readable } from 'node:stream'
import type { ExitCode } from './errors.ts'
import type { Log, LogSink } from './log.ts'

/** Everything of the outside world that a command may touch. Tests pass their own. */
export interface CommandContext {
  /** Tells people what happens; goes to stderr. */
  log: Log
  /** Carries the result, and nothing else, to stdout; registered secrets are replaced on the way. */
  out: LogSink
  env: NodeJS.ProcessEnv
  cwd: string
  stdin: Readable & { isTTY?: boolean }
  /** Aborts on the first SIGINT or SIGTERM, with a reason that the program reads back: pass it on, throw it on. */
  signal: AbortSignal
  /** The result is wanted as JSON. */
  json: boolean
  /** Only print what would be done. */
  dryRun: boolean
  /** Value of --config. */
  configPath: string | undefined
}

export interface OptionSpec {
  summary: string
  /** One letter, e.g. `n` for -n. */
  short?: string
  /** What help calls the value, e.g. `duration`; an option without one is a switch. */
  value?: string
  /** Turns the text into what `run` receives; throws UserError when it makes no sense. */
  parse?: (text: string) => unknown
  /** May be given several times; `run` receives an array. */
  repeatable?: boolean
}

export interface ArgumentSpec {
  summary: string
  optional?: boolean
  /** All words that are left, also none; `run` receives an array. What begins with a dash has to stand behind `--`. */
  rest?: boolean
  parse?: (text: string) => unknown
}

type OptionSpecs = Record<string, OptionSpec>
type ArgumentSpecs = Record<string, ArgumentSpec>

type Parsed<Spec> = Spec extends { parse: (text: string) => infer Value } ? Value : string

type OptionValue<Spec> = Spec extends { value: string }
  ? Spec extends { repeatable: true }
    ? Parsed<Spec>[]
    : Parsed<Spec> | undefined
  : boolean

type ArgumentValue<Spec> = Spec extends { rest: true }
  ? string[]
  : Spec extends { optional: true }
    ? Parsed<Spec> | undefined
    : Parsed<Spec>

/** What `run` receives: options and arguments by the names under which they were declared. */
export type Given<Options, Arguments> = (string extends keyof Options
  ? unknown
  : { [Name in keyof Options]: OptionValue<Options[Name]> }) &
  (string extends keyof Arguments ? unknown : { [Name in keyof Arguments]: ArgumentValue<Arguments[Name]> })

/** A command is data; help, parsing, JSON and signals are derived from it by core/program.ts. */
export interface CommandSpec<
  Options extends OptionSpecs = OptionSpecs,
  Arguments extends ArgumentSpecs = ArgumentSpecs,
> {
  /** In the order in which they stand on the command line. */
  arguments?: Arguments
  /** Named in camelCase; `keepIdle` is --keep-idle on the command line. */
  options?: Options
  /** Whole command lines with a word of explanation, shown by --help. */
  examples?: readonly { line: string; explains: string }[]
  /** Prints a result: offers --json. */
  reads?: boolean
  /** Changes something: offers --dry-run. */
  writes?: boolean
  /** Runs for hours: log lines carry the time of day. */
  longRunning?: boolean
  /**
   * Does the work. Returns an exit code where it has more to say than success (exitCodes.drift), nothing otherwise.
   * A command that was told to stop by a signal and returns nothing ends with the signal's own code.
   */
  run(
    context: CommandContext,
    given: Given<Options, Arguments>,
  ): Promise<ExitCode | undefined> | Promise<void>
}

/** A command whose options are known to itself alone. */
export interface Command extends Omit<CommandSpec, 'run'> {
  run(context: CommandContext, given: Record<string, unknown>): Promise<ExitCode | undefined> | Promise<void>
}

/** Where a command is found on the command line, and how it is loaded when somebody wants it. */
export interface CommandEntry {
  /** `agent` in `footman agent run`; `footman demo` has none. */
  noun?: string
  verb: string
  /** One line without a full stop, shown in lists and on top of the command's own help. */
  summary: string
  /** Imports the module only now, so that no command pays for another's dependencies. */
  load(): Promise<Command>
}

/**
 * Declares a command so that `run` knows the types of its own options:
 * `defineCommand({ options: { port: { summary: 'Port of the page', value: 'port', parse: Number } }, async run(context, { port }) {} })`.
 */
export function defineCommand<const Options extends OptionSpecs, const Arguments extends ArgumentSpecs>(
  spec: CommandSpec<Options, Arguments>,
): Command {
  // core/program.ts builds `given` from these very declarations, which the type checker cannot see.
  return { ...spec, run: (context, given) => spec.run(context, given as Given<Options, Arguments>) }
}

/** Prints a result once: as one JSON document under --json, otherwise as the text that `words` makes of it. */
export function printResult<Result>(
  context: Pick<CommandContext, 'out' | 'json'>,
  result: Result,
  words: (result: Result) => string,
): void {
  const text = context.json ? JSON.stringify(result, undefined, 2) : words(result)
  context.out.write(text.endsWith('\n') ? text : `${text}\n`)
}
