import type { CommandEntry } from './command.ts'
import type { ProgramSpec } from './program-spec.ts'
import { table } from './table.ts'

/** What somebody sees who typed the bare name: what it is, what it can do, what to type next. */
export function shortHelp(spec: ProgramSpec): string {
  const verbs = (noun: string) => spec.commands.filter((entry) => entry.noun === noun).map(({ verb }) => verb)
  const rows = [
    ...Object.entries(spec.nouns)
      .filter(([noun]) => verbs(noun).length > 0)
      .map(([noun, about]) => [noun, about]),
    ...spec.commands.filter(({ noun }) => noun === undefined).map(({ verb, summary }) => [verb, summary]),
  ]
  const steps = spec.firstSteps.map(({ line, explains }) => [line, explains])
  return `${spec.description}

${indent(table(rows))}
Begin with:
${indent(table(steps))}
${spec.name} --help lists every command, ${spec.name} <command> --help explains one.
`
}

/** Every command in one list, and the options that all of them have. */
export function fullHelp(spec: ProgramSpec): string {
  const rows = spec.commands.map((entry) => [nameOf(entry), entry.summary])
  const options = [
    ['-h, --help', 'show help, also of one command'],
    ['-q, --quiet', 'say only what is wrong'],
    ['--verbose', 'say everything, and show where errors come from'],
    ['--no-color', 'do not colour the output; the variable NO_COLOR does the same'],
    ['--config <file>', 'read this file instead of the usual one'],
    ['--json', 'where a command prints a result: print it as JSON'],
    ['-n, --dry-run', 'where a command changes something: print what it would do'],
    ['--version', 'show the version'],
  ]
  return `Usage: ${spec.name} <command> [options]

${spec.description}

Commands:
${indent(table(rows))}
Options:
${indent(table(options))}
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 a remote is unreachable or refused, 4 locked by
another footman, 5 drift found, 130 and 143 stopped by a signal.
`
}

/** Examples as they stand below a command's help. */
export function formatExamples(examples: readonly { line: string; explains: string }[]): string {
  return `Examples:\n${examples.map(({ line, explains }) => `  ${explains}\n    $ ${line}\n`).join('')}`
}

function nameOf({ noun, verb }: CommandEntry): string {
  return noun === undefined ? verb : `${noun} ${verb}`
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}
