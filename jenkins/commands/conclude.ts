import { type CommandContext, printResult } from '../../core/command.ts'
import type { ExitCode } from '../../core/errors.ts'
import type { ControllerSettings } from '../config/settings.ts'
import { notify } from '../notify/notify.ts'
import type { Outcome, Phase } from '../upgrade/contract.ts'
import type { Doors } from './doors.ts'
import { exitCodeOf, outcomeText } from './outcome-text.ts'

/** Tells those who want to know, prints the outcome, and returns the exit code that it calls for. */
export async function conclude(
  outcome: Outcome,
  context: CommandContext,
  { settings, doors }: { settings: ControllerSettings; doors: Pick<Doors, 'clock' | 'random'> },
): Promise<ExitCode> {
  if (!context.dryRun) await tell(outcome, context, { settings, doors })
  printResult(context, outcome, outcomeText)
  return exitCodeOf(outcome)
}

/** Sends the notifications that the settings ask for. Never throws. */
export async function tell(
  outcome: Outcome,
  { env, cwd, log, signal }: CommandContext,
  { settings, doors }: { settings: ControllerSettings; doors: Pick<Doors, 'clock' | 'random'> },
): Promise<void> {
  const { clock, random } = doors
  await notify(outcome, settings.notify, { env, cwd, log, clock, random, signal })
}

/** Progress for people. */
export function onPhase({ log }: Pick<CommandContext, 'log'>): (phase: Phase) => void {
  return (phase) => log.info(phaseTexts[phase])
}

/** What is going on in a phase, for people. */
export const phaseTexts: Record<Phase, string> = {
  compare: 'looking for something newer',
  baseline: 'looking whether Jenkins is healthy now',
  preflight: 'looking what speaks against it',
  pull: 'fetching the new image',
  rehearse: 'rehearsing the new version on a copy of the home',
  quiesce: 'asking Jenkins for quiet, and waiting for builds to end',
  'warm-copy': 'copying the home while Jenkins runs',
  stop: 'stopping Jenkins',
  snapshot: 'bringing the copy up to date, and verifying it',
  restore: 'putting the home back',
  replace: 'making the new container',
  start: 'starting it',
  gate: 'watching whether it is healthy',
  commit: 'it is good: making it the controller',
  undo: 'something is wrong: going back',
  prune: 'removing what is no longer kept',
}
