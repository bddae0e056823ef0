import { readFile } from 'node:fs/promises'
import { type CommandContext, defineCommand, printResult } from '../../core/command.ts'
import {
  ConfigError,
  type ExitCode,
  exitCodes,
  inWords,
  isTransient,
  LockHeldError,
} from '../../core/errors.ts'
import { shippedFile } from '../../core/package.ts'
import { retry } from '../../core/retry.ts'
import { loadControllerConfig } from '../config/load.ts'
import type { ControllerConfig } from '../config/schema.ts'
import { occasionOf } from '../notify/values.ts'
import { nextRuns } from '../schedule/cron.ts'
import { runSchedule, timeText } from '../schedule/run-schedule.ts'
import type { Outcome } from '../upgrade/contract.ts'
import { onPhase, tell } from './conclude.ts'
import { type Doors, realDoors } from './doors.ts'
import { openController, refuseErrors } from './open.ts'
import { exitCodeOf, outcomeText } from './outcome-text.ts'
import { settle } from './settle.ts'

/** `footman jenkins schedule`. Tests put other rooms behind the doors. */
export const scheduleCommand = (doors: Doors) =>
  defineCommand({
    options: {
      once: { summary: 'look for a new version now, and end: for the cron of the system' },
      printDockerfile: { summary: 'print the Dockerfile of an image that runs this, instead' },
    },
    examples: [
      { line: 'footman jenkins schedule', explains: 'upgrade by schedule.cron, until it is stopped' },
      { line: 'footman jenkins schedule --dry-run', explains: 'see when that would be' },
      {
        line: 'footman jenkins schedule --once --quiet',
        explains: 'a line for crontab: says nothing when there is nothing new',
      },
    ],
    reads: true,
    writes: true,
    longRunning: true,
    async run(context, { once, printDockerfile }) {
      if (printDockerfile) {
        context.out.write(await readFile(shippedFile('templates/controller/Dockerfile.footman'), 'utf8'))
        return exitCodes.ok
      }
      if (once) return await runNow(context, doors)
      const { value: config } = await loadControllerConfig(context)
      refuseErrors(config)
      refuseStdin(config)
      const { cron, timeZone, jitter } = config.schedule
      if (context.dryRun) return printTimes(context, config)
      const { log, signal } = context
      await settleFirst(context, doors)
      await runSchedule({
        next: () => nextRuns(cron, 1, timeZone)[0],
        jitterMs: jitter,
        timeZone,
        work: async () => {
          const outcome = await upgradeNow(context, doors)
          log[exitCodeOf(outcome) === exitCodes.ok ? 'info' : 'error'](outcomeText(outcome))
        },
        log,
        clock: doors.clock,
        random: doors.random,
        signal,
      })
      return undefined
    },
  })

export const command = scheduleCommand(realDoors)

/** A machine that was switched off in the middle of an upgrade must not wait for the next night to be put right. */
async function settleFirst(context: CommandContext, doors: Doors): Promise<void> {
  const { log, signal } = context
  const { clock, random } = doors
  const attempt = async () => await settle(await openController(context, doors), doors, context)
  const onRetry = (error: unknown) => log.error(inWords(error))
  try {
    const patience = { withinMs: Number.MAX_SAFE_INTEGER, maxPauseMs: 60_000, firstPauseMs: 5_000 }
    await retry(attempt, { ...patience, isRetryable: isTransient, onRetry, signal, clock, random })
  } catch (error) {
    if (signal.aborted) return
    if (!(error instanceof LockHeldError)) throw error
    log.warn(error.message)
  }
}

/** Settings, token and engine are looked up for each run: they may have changed since the last. */
async function upgradeNow(context: CommandContext, doors: Doors): Promise<Outcome> {
  const { settings, options } = await openController(context, doors)
  const outcome = await doors.upgrade({ ...options, onPhase: onPhase(context) })
  if (!context.dryRun) await tell(outcome, context, { settings, doors })
  return outcome
}

async function runNow(context: CommandContext, doors: Doors): Promise<ExitCode> {
  const outcome = await upgradeNow(context, doors)
  // Cron mails whatever is printed: every night the same would be one mail too many.
  const isNews = occasionOf(outcome) !== 'up-to-date'
  if (isNews || context.json) printResult(context, outcome, outcomeText)
  else context.log.info(outcomeText(outcome))
  return exitCodeOf(outcome)
}

function refuseStdin({ account }: ControllerConfig): void {
  if (account?.token !== 'stdin') return
  throw new ConfigError('account.token is stdin, which a schedule cannot read again for each run', {
    hint: 'keep the token in a file of your own and write e.g. token: file:~/.config/footman/jenkins-token',
  })
}

const shownRuns = 3

function printTimes(context: CommandContext, { schedule }: ControllerConfig): ExitCode {
  const times = nextRuns(schedule.cron, shownRuns, schedule.timeZone)
  printResult(context, { runs: times.map((ms) => new Date(ms).toISOString()) }, () =>
    times.map((ms) => `upgrade ${timeText(ms, schedule.timeZone)}`).join('\n'),
  )
  return exitCodes.ok
}
