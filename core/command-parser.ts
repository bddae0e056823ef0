import { Option, Command as Parser } from 'commander'
import type { ArgumentSpec, Command, CommandEntry, OptionSpec } from './command.ts'
import { exitCodes, FootmanError, messageOf, UserError } from './errors.ts'
import { formatExamples, fullHelp } from './help.ts'
import type { GlobalOptions, ProgramSpec } from './program-spec.ts'

export interface ParserOptions {
  /** The command on this command line. All others are known by name and summary only. */
  loaded: { entry: CommandEntry; command: Command } | undefined
  write(stream: 'out' | 'err', text: string): void
  onCommand(command: Command, given: Record<string, unknown>, global: GlobalOptions): void
}

/** Turns the registry into a commander program that prints through `write` and throws instead of leaving. */
export function createParser(spec: ProgramSpec, options: ParserOptions): Parser {
  const root = new Parser(spec.name)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => options.write('out', text),
      writeErr: (text) => options.write('err', text),
      // What is wrong comes back as an exception, and is reported like every other error.
      outputError: () => {},
    })
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .version(spec.version, '--version', 'show the version')
    .addOption(new Option('-q, --quiet', 'say only what is wrong').conflicts('verbose'))
    .option('--verbose', 'say everything, and show where errors come from')
    .option('--no-color', 'do not colour the output')
    .option('--config <file>', 'read this file instead of the usual one')
    .configureHelp({ formatHelp: () => fullHelp(spec) })

  const nouns = new Map<string, Parser>()
  for (const entry of spec.commands) {
    const parent =
      entry.noun === undefined ? root : (nouns.get(entry.noun) ?? addNoun(root, spec, entry.noun))
    if (entry.noun !== undefined) nouns.set(entry.noun, parent)
    const leaf = parent
      .command(entry.verb)
      .description(entry.summary)
      .configureHelp({ showGlobalOptions: true })
    if (options.loaded?.entry === entry) declare(leaf, options.loaded.command, options)
  }
  return root
}

function addNoun(root: Parser, spec: ProgramSpec, noun: string): Parser {
  return root
    .command(noun)
    .description(spec.nouns[noun] ?? '')
    .usage('<verb> [options]')
    .configureHelp({ subcommandTerm: (verb) => verb.name(), visibleOptions: () => [] })
    .helpCommand(false)
}

/** Gives a parser the arguments and options of a command, and the examples below its help. */
function declare(leaf: Parser, command: Command, { onCommand }: ParserOptions): void {
  const { arguments: args = {}, options = {} } = command
  for (const [name, spec] of Object.entries(args)) {
    if (spec.rest) leaf.argument(`[${name}...]`, spec.summary)
    else leaf.argument(spec.optional ? `[${name}]` : `<${name}>`, spec.summary, argumentParser(name, spec))
  }
  const declared = Object.entries(options).map(([name, spec]) => ({
    name,
    spec,
    option: toOption(name, spec),
  }))
  for (const { option } of declared) leaf.addOption(option)
  if (command.reads) leaf.option('--json', 'print the result as JSON')
  if (command.writes) leaf.option('-n, --dry-run', 'print what would be done, and do nothing')
  if (command.examples) leaf.addHelpText('after', `\n${formatExamples(command.examples)}`)
  leaf.action((...received: unknown[]) => {
    const given = Object.fromEntries([
      ...declared.map(({ name, spec, option }) => [name, valueOfOption(leaf, option, spec)]),
      ...Object.keys(args).map((name, index) => [name, received[index]]),
    ])
    const { json = false, dryRun = false } = leaf.opts()
    const { quiet = false, verbose = false, color = true, config } = leaf.optsWithGlobals()
    onCommand(command, given, { quiet, verbose, color, config, json, dryRun })
  })
}

function valueOfOption(leaf: Parser, option: Option, spec: OptionSpec): unknown {
  const value: unknown = leaf.getOptionValue(option.attributeName())
  // Of `--no-wait` commander makes `wait: false`; the command that declared `noWait` wants to read just that.
  if (option.negate) return value === false
  return value ?? (spec.repeatable ? [] : spec.value === undefined ? false : undefined)
}

function toOption(name: string, spec: OptionSpec): Option {
  const long = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  const flags = [spec.short && `-${spec.short}, `, long, spec.value && ` <${spec.value}>`]
    .filter(Boolean)
    .join('')
  const option = new Option(flags, spec.summary)
  if (spec.value === undefined) return option
  return option.argParser((text, before) => {
    const value = parsed(long, text, spec)
    return spec.repeatable ? [...(Array.isArray(before) ? before : []), value] : value
  })
}

function argumentParser(name: string, spec: ArgumentSpec): (text: string) => unknown {
  return (text) => parsed(`<${name}>`, text, spec)
}

function parsed(what: string, text: string, { parse }: { parse?: (text: string) => unknown }): unknown {
  try {
    return parse ? parse(text) : text
  } catch (error) {
    const hint = error instanceof FootmanError && error.hint !== undefined ? { hint: error.hint } : {}
    throw new UserError(`${what}: ${messageOf(error)}`, { ...hint, exitCode: exitCodes.usage, cause: error })
  }
}
