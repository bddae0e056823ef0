import { checkCapacity } from './capacity.ts'
import { type CheckOutcome, type Checks, follow } from './check.ts'
import { checkController } from './controller.ts'
import { checkEngine } from './engine.ts'
import type { PreflightOptions } from './options.ts'
import { skipTrial, tryNode } from './trial.ts'

export interface PreflightResult {
  /** Nothing failed: this machine can lend. */
  passed: boolean
  /** Name of the way in which agents connect, when one was found. */
  transport: string | undefined
  outcomes: CheckOutcome[]
}

/**
 * Tries everything that lending takes, in order, and reports each outcome as it comes. Nothing is left behind on the
 * controller, also when the signal aborts; then it throws the signal's reason.
 */
export async function preflight(
  options: PreflightOptions,
  report: (outcome: CheckOutcome) => void = () => undefined,
): Promise<PreflightResult> {
  const outcomes: CheckOutcome[] = []
  const note = (outcome: CheckOutcome) => {
    outcomes.push(outcome)
    report(outcome)
  }
  const version = await follow(checkController(options), note)
  const trial =
    version === undefined
      ? nothing(skipTrial(options, 'the controller has to be right first'))
      : tryNode(options)
  const transport = await follow(trial, note)
  const defaultImage = transport?.defaultImage ?? options.defaultImage
  await follow(checkEngine({ ...options, defaultImage }, { version, transport }), note)
  for (const outcome of checkCapacity(options)) note(outcome)
  return { passed: outcomes.every(({ result }) => result !== 'fail'), transport: transport?.name, outcomes }
}

async function* nothing(outcomes: readonly CheckOutcome[]): Checks<undefined> {
  for (const outcome of outcomes) yield outcome
  return undefined
}
