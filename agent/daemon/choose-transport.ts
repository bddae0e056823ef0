import { RemoteError } from '../../core/errors.ts'
import { type CheckOutcome, follow } from '../preflight/check.ts'
import { tryNode } from '../preflight/trial.ts'
import type { TrialOptions } from '../preflight/trial-node.ts'
import type { TransportName } from '../transports/names.ts'
import { lookUpTransport } from '../transports/registry.ts'
import type { Transport } from '../transports/transport.ts'
import { type PersistOptions, persist } from './persist.ts'

export type ChooseOptions = TrialOptions & PersistOptions

/**
 * How agents will connect. A configured transport is believed when the controller has it at all; `auto` tries what
 * preflight tries and takes what preflight would. Trouble of the controller is waited out; throws RemoteError with
 * what is wrong and its cure.
 */
export function chooseTransport(options: ChooseOptions): Promise<Transport> {
  const { transport: wanted } = options.config
  return persist(() => (wanted === 'auto' ? tryAll(options) : lookUp(wanted, options)), options)
}

async function tryAll(options: ChooseOptions): Promise<Transport> {
  const failures: CheckOutcome[] = []
  const transport = await follow(tryNode(options), (outcome) => {
    options.log.debug(`${outcome.name}: ${outcome.finding}`)
    if (outcome.result === 'fail') failures.push(outcome)
  })
  if (transport && failures.length === 0) return transport
  const lasting = failures.find(({ isTransient }) => !isTransient)
  throw refusal(failures.map(({ name, finding }) => `${name}: ${finding}`).join('; '), {
    cure: (lasting ?? failures[0])?.cure,
    isTransient: !lasting,
  })
}

async function lookUp(wanted: TransportName, { jenkins, signal }: ChooseOptions): Promise<Transport> {
  const choice = await lookUpTransport(wanted, jenkins, signal)
  if (choice.transport) return choice.transport
  throw refusal(`agents cannot connect to ${jenkins.url}: ${choice.finding}`, choice)
}

function refusal(
  message: string,
  { cure, isTransient }: { cure: string | undefined; isTransient: boolean },
): RemoteError {
  return new RemoteError(isTransient ? 'unreachable' : 'rejected', message, cure ? { hint: cure } : {})
}
