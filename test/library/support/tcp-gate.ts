import { onTestFinished } from 'vitest'
import { type GateOptions, openGate, type TcpGate } from './open-gate.ts'

/** A gate before a server on loopback, which is closed at the end of the test. */
export async function tcpGate(behind: string, options: GateOptions = {}): Promise<TcpGate> {
  const gate = await openGate(behind, options)
  onTestFinished(gate.close)
  return gate
}
