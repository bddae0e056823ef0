import { messageOf, RemoteError } from '../../../core/errors.ts'
import type { Transport, TransportFinding } from '../transport.ts'
import { defaultSshImage } from './default-image.ts'
import { causeOfSshFailure } from './explain.ts'
import { type SshSlotParts, sshSlots } from './slots.ts'
import { trySshSlot } from './try-out.ts'

/**
 * The controller logs in to the container and starts the agent there: for controllers that take no inbound agents, and reach this
 * machine. Needs the plugins ssh-slaves and ssh-credentials.
 */
export function createSshTransport(parts: SshSlotParts = {}): Transport {
  const slots = sshSlots(parts)
  return {
    name: 'ssh',
    title: 'SSH',
    isAutomatic: false,
    agentsDial: false,
    addedLabels: [],
    defaultImage: defaultSshImage,
    ...slots,

    async usable(jenkins, signal): Promise<TransportFinding> {
      try {
        await jenkins.credentialIds(signal)
        return { usable: true, finding: 'the controller shows us where to keep the keys of agents' }
      } catch (error) {
        if (!(error instanceof RemoteError) || !isLasting(error)) throw error
        return { usable: false, finding: messageOf(error), cure: error.hint ?? 'use another transport' }
      }
    },

    async tryOut(trial) {
      const seen = await this.usable(trial.jenkins, trial.signal)
      return seen.usable === false ? seen : trySshSlot(slots, trial)
    },

    async explain({ jenkins, node }, signal) {
      const log = await jenkins.nodeLog(node, signal).catch(() => '')
      return (
        causeOfSshFailure(log) ??
        'the controller has not logged in; see whether it can reach this machine at ssh.host, or use transport: websocket'
      )
    },
  }
}

function isLasting({ failure }: RemoteError): boolean {
  return failure === 'not-found' || failure === 'forbidden' || failure === 'rejected'
}
