import { describe, expect, it } from 'vitest'
import type { CommandEntry } from '../../core/command.ts'
import { programOf, runCli } from './run-cli.ts'

/** Names that the program itself gives a meaning. */
const taken = ['json', 'dryRun', 'config', 'quiet', 'verbose', 'color', 'help', 'version']

/** What every command of a trade promises, as tests. */
export function commandsKeepTheirPromises(commands: readonly CommandEntry[]): void {
  const footman = { ...programOf({}), commands }

  it('no two commands have the same name', () => {
    const names = commands.map(({ noun, verb }) => `${noun ?? ''} ${verb}`)
    expect(new Set(names).size).toBe(names.length)
  })

  describe.each(
    commands.map((entry) => [[entry.noun, entry.verb].filter(Boolean).join(' '), entry] as const),
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
}
