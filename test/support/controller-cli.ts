import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from '../../core/command.ts'
import type { Doors } from '../../jenkins/commands/doors.ts'
import type { Sight } from '../../jenkins/health/health.ts'
import type { HomeKeeper } from '../../jenkins/home/home.ts'
import type { News, Outcome, TransactionSummary } from '../../jenkins/upgrade/contract.ts'
import { FakeClock } from './fake-clock.ts'
import { type HostFake, hostFake } from './host-fake.ts'
import { type CliOptions, type CliRun, programOf, runCli } from './run-cli.ts'
import { tempDir } from './temp-dir.ts'

/** What the rooms behind the commands answer in a test, and what they were asked. */
export interface ControllerCli {
  host: HostFake
  clock: FakeClock
  /** Which function of the upgrade room was called with what. */
  asked: { what: string; options: Record<string, unknown> }[]
  say: Partial<Answers>
  /** Runs `footman jenkins …` with this jenkins.yaml. */
  footman(argv: readonly string[], options?: CliOptions & { yaml?: string }): Promise<CliRun>
}

export interface Answers {
  /** An error is thrown. */
  outcome: Outcome | Error
  unfinished: Outcome
  news: News | Error
  transactions: TransactionSummary[]
  sight: Sight
  keeper: Partial<HomeKeeper>
  pruned: Record<'containers' | 'images' | 'backups' | 'failedHomes', string[]>
}

/** The commands of the trade before a fake engine and an upgrade room that says what the test wants. */
export async function controllerCli(
  commands: (doors: Doors) => Record<string, Command>,
): Promise<ControllerCli> {
  const folder = await tempDir()
  await mkdir(join(folder, 'footman'))
  const host = hostFake()
  const clock = new FakeClock()
  const asked: ControllerCli['asked'] = []
  const say: Partial<Answers> = {}
  const answer = <T>(what: string, value: T | Error | undefined, options: object): T => {
    asked.push({ what, options: { ...options } })
    if (value instanceof Error) throw value
    return value ?? refuse(what)
  }
  const doors: Doors = {
    connect: async () => host,
    keeperOf: (_host, places) => {
      asked.push({ what: 'keeperOf', options: { ...places } })
      return new Proxy({} as HomeKeeper, {
        // Whoever waits for it asks whether it is a promise.
        get: (_target, name) =>
          name === 'then' ? undefined : (say.keeper?.[name as keyof HomeKeeper] ?? refuse(String(name))),
      })
    },
    probeOf: () => ({ look: async () => say.sight ?? refuse('look') }),
    jenkinsIn: () => undefined,
    upgrade: async (options) => {
      options.onPhase?.('compare')
      return answer('upgrade', say.outcome, options)
    },
    rollback: async (options) => answer('rollback', say.outcome, options),
    recover: async (options) => {
      asked.push({ what: 'recover', options: { ...options } })
      return say.unfinished
    },
    prune: async (options) => answer('prune', say.pruned, options),
    history: async (options) => answer('history', say.transactions, options),
    whatsNew: async (options) => answer('whatsNew', say.news, options),
    clock,
    random: () => 0,
  }
  const program = programOf(commands(doors))
  return {
    host,
    clock,
    asked,
    say,
    footman: async (argv, { yaml = '', ...options } = {}) => {
      await writeFile(join(folder, 'footman', 'jenkins.yaml'), yaml)
      const env = { XDG_CONFIG_HOME: folder, XDG_STATE_HOME: join(folder, 'state'), ...options.env }
      return await runCli(program, ['jenkins', ...argv], { cwd: folder, ...options, env })
    },
  }
}

function refuse(name: string): never {
  throw new Error(`the test does not say what ${name} answers`)
}
