import type { Transport } from '../transports/transport.ts'
import { checkCapacity } from './capacity.ts'
import type { CheckOutcome, Checks } from './check.ts'
import { checkController } from './controller.ts'
import { checkEngine } from './engine.ts'
import type { PreflightOptions } from './options.ts'
import { skipTrial, tryNode } from './trial.ts'

export interface PreflightResult {
  /** Nothing failed: this machine can lend. */
  passed: boolean
  /** How agents connect, when that could be found out. */
  transport: Transport['name'] | undefined
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
    version === undefined ? nothing(skipTrial('the controller has to be right first')) : tryNode(options)
  const transport = await follow(trial, note)
  await follow(checkEngine(options, version), note)
  for (const outcome of checkCapacity(options)) note(outcome)
  return { passed: outcomes.every(({ result }) => result !== 'fail'), transport, outcomes }
}

async function follow<Facts>(checks: Checks<Facts>, note: (outcome: CheckOutcome) => void): Promise<Facts> {
  for (;;) {
    const step = await checks.next()
    if (step.done) return step.value
    try {
      note(step.value)
    } catch (error) {
      // Told of it, the checks tidy up behind themselves before they pass it on.
      await checks.throw(error)
    }
  }
}

async function* nothing(outcomes: readonly CheckOutcome[]): Checks<undefined> {
  for (const outcome of outcomes) yield outcome
  return undefined
}
