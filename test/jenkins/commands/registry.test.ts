import { describe, expect, it } from 'vitest'
import { jenkinsCommands } from '../../../jenkins/commands/registry.ts'
import { programOf, runCli } from '../../support/run-cli.ts'

const footman = { ...programOf({}), commands: jenkinsCommands }

/** Names that the program itself gives a meaning. */
const taken = ['json', 'dryRun', 'config', 'quiet', 'verbose', 'color', 'help', 'version']

it('no two commands have the same name', () => {
  const names = jenkinsCommands.map(({ noun, verb }) => `${noun ?? ''} ${verb}`)
  expect(new Set(names).size).toBe(names.length)
})

describe.each(
  jenkinsCommands.map((entry) => [[entry.noun, entry.verb].filter(Boolean).join(' '), entry] as const),
)('footman %s', (name, entry) => {
  it('is explained in one line without a full stop, and its examples are of itself', async () => {
    expect(entry.summary).toMatch(/^[A-Z].*[^.]$/)
    const { examples = [] } = await entry.load()
    for (const { line } of examples) expect(line).toContain(`footman ${name}`)
  })

  it('takes options that the program leaves free, each explained', async () => {
    const { options = {}, arguments: args = {} } = await entry.load()
    const names = [...Object.keys(options), ...Object.keys(args)]
    expect(names.filter((option) => taken.includes(option))).toEqual([])
    for (const option of [...Object.values(options), ...Object.values(args)])
      expect(option.summary).not.toBe('')
  })

  it('answers --help', async () => {
    const { exitCode, stdout } = await runCli(footman, [...name.split(' '), '--help'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`Usage: footman ${name}`)
    expect(stdout).toContain(entry.summary)
  })
})
