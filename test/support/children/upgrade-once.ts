import { createInterface } from 'node:readline'
import { systemClock } from '../../../core/clock.ts'
import { connectDockerHost } from '../../../core/docker.ts'
import { FootmanError, messageOf } from '../../../core/errors.ts'
import { watchSignals } from '../../../core/interruption.ts'
import { type Journal, openJournal } from '../../../core/journal.ts'
import { createLog } from '../../../core/log.ts'
import { Secret } from '../../../core/secret.ts'
import { homeKeeper } from '../../../jenkins/home/keeper.ts'
import { jenkinsIn, probeIn } from '../../../jenkins/reach.ts'
import type { UpgradeOptions } from '../../../jenkins/upgrade/contract.ts'
import type { Entry } from '../../../jenkins/upgrade/entries.ts'
import { recover } from '../../../jenkins/upgrade/recover.ts'
import { rollback } from '../../../jenkins/upgrade/rollback.ts'
import { upgrade } from '../../../jenkins/upgrade/upgrade.ts'
import type { Errand } from '../../e2e/upgrade/errand.ts'

/**
 * A footman of its own process: says `ready`, waits for an errand on standard input, tells each phase as a line, and the outcome as the last. Kills
 * itself before or after the entry of the journal that the errand names.
 */
process.stdout.write('ready\n')
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const errand = JSON.parse(String((await lines.next()).value)) as Errand
const exitCode = await run(errand)
process.stdout.write('', () => process.exit(exitCode))

async function run({ engine, settings, token, stateFolder, act, kill, options }: Errand): Promise<number> {
  const log = createLog({ level: 'debug' })
  const interruption = watchSignals(process, () => {})
  const host = await connectDockerHost({ host: engine })
  const account = { user: 'admin', token: new Secret(token) }
  const wired: UpgradeOptions = {
    settings: { ...settings, account },
    host,
    stateFolder,
    keeperOf: (places) => homeKeeper({ host, places }),
    probeOf: (container) => probeIn({ host, container, account }),
    jenkinsIn: (container) => jenkinsIn({ host, container, account }),
    log,
    clock: systemClock,
    signal: interruption.signal,
    onPhase: (phase) => tell({ phase }),
    openJournal: async (path, schema) => killing(await openJournal(path, schema), kill) as never,
    ...options,
  }
  try {
    const acts = { upgrade, rollback, recover }
    tell({ outcome: (await acts[act](wired)) ?? null })
    return 0
  } catch (error) {
    tell({ error: messageOf(error) })
    return error instanceof FootmanError ? error.exitCode : 70
  } finally {
    interruption.dispose()
  }
}

function killing<T>(journal: Journal<T>, kill: Errand['kill']): Journal<T> {
  const strike = (when: 'before' | 'after', { entry }: Entry) => {
    if (kill?.entry === entry && kill.when === when) process.kill(process.pid, 'SIGKILL')
  }
  return {
    get entries() {
      return journal.entries
    },
    append: async (entry) => {
      strike('before', entry as Entry)
      await journal.append(entry)
      strike('after', entry as Entry)
    },
    close: () => journal.close(),
  }
}

function tell(what: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}
