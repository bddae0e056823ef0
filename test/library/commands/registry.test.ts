import { describe, expect, it } from 'vitest'
import { libraryCommands } from '../../../library/commands/registry.ts'
import { folderWith } from '../library-cli.ts'

/** Names that the program itself gives a meaning. */
const taken = ['json', 'dryRun', 'config', 'quiet', 'verbose', 'color', 'help', 'version']

describe.each(libraryCommands.map((entry) => [entry.verb, entry] as const))(
  'footman library %s',
  (verb, entry) => {
    it('is explained in one line, its examples are of itself, its options are free and explained', async () => {
      expect(entry.summary).toMatch(/^[A-Z].*[^.]$/)
      const { examples = [], options = {}, arguments: args = {} } = await entry.load()
      for (const { line } of examples) expect(line).toContain(`footman library ${verb}`)
      const specs = Object.entries({ ...options, ...args })
      expect(specs.filter(([name]) => taken.includes(name))).toEqual([])
      expect(specs.filter(([, { summary }]) => summary === '')).toEqual([])
    })

    it('answers --help', async () => {
      const { exitCode, stdout } = await (await folderWith()).footman(verb, '--help')
      expect(exitCode).toBe(0)
      expect(stdout).toContain(`Usage: footman library ${verb}`)
    })
  },
)
