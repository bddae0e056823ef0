import { UserError } from '../../core/errors.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import type { AgentConfig } from '../config/schema.ts'
import { tcpTransport } from './tcp.ts'
import type { Transport } from './transport.ts'
import { webSocketTransport } from './websocket.ts'

/** Every transport, in the order in which `transport: auto` tries them. */
export const transports: readonly Transport[] = [webSocketTransport, tcpTransport]

/** The configured transport, or the first that works. Throws UserError with every reason when none does. */
export async function chooseTransport(
  wanted: AgentConfig['transport'],
  jenkins: Jenkins,
  signal?: AbortSignal,
): Promise<Transport> {
  const candidates = transports.filter(({ name }) => wanted === 'auto' || name === wanted)
  const refusals: string[] = []
  let hint: string | undefined
  for (const transport of candidates) {
    const answer = await transport.usable(jenkins, signal)
    if (answer.usable) return transport
    refusals.push(`${transport.name}: ${answer.reason}`)
    hint = answer.hint
  }
  throw new UserError(`agents cannot connect to ${jenkins.url}: ${refusals.join('; ')}`, hint ? { hint } : {})
}
