import { UserError } from '../../../core/errors.ts'
import { forgetSecret } from '../../../core/secret.ts'
import { type KeySource, newSshKeyPair, type SshKeyPair } from '../../../core/ssh-keys.ts'
import type { SshLauncher } from '../../../jenkins/jenkins.ts'
import type { SlotPlan } from '../../world.ts'
import { jvmOptions } from '../jvm-options.ts'
import { putPlainNode } from '../plain-node.ts'
import type { SlotContext, Transport } from '../transport.ts'
import { type SshAddress, sshAddress } from './address.ts'
import { type CheckOptions, checkSshSlot } from './check.ts'
import { hostPublicKey, letIn, publishedPort, startSshContainer } from './container.ts'

export interface SshSlotParts {
  newKeyPair?: KeySource
  check?: (options: CheckOptions) => Promise<void>
  address?: typeof sshAddress
}

/**
 * Slots whose agents the controller starts. The keys are made for one container: the host's stays in it, the one that is let in goes
 * to the credential store of the controller, and nothing of either is kept here.
 */
export function sshSlots(parts: SshSlotParts = {}): Pick<Transport, 'rest' | 'open' | 'restore' | 'release'> {
  const { newKeyPair = newSshKeyPair, check = checkSshSlot, address: find = sshAddress } = parts

  /** What the controller is told only after a login by the same way has worked. */
  const introduce = async (introduction: Introduction, context: SlotContext) => {
    const { engine, plan, signal } = context
    const { slotPlan, containerId, address, hostKey, clientKey } = introduction
    const { host } = address
    const template = plan.config.templates.find(({ name }) => name === slotPlan.template)
    const { java = 'java', workDir = '/home/jenkins/agent' } = template ?? {}
    const { user } = plan.config.ssh
    const reach = async (): Promise<number> => {
      const port = await publishedPort(containerId, slotPlan, context)
      const login = { host, port, user, identity: { privateKey: clientKey.privateKey }, hostKey }
      await check({ login, java, workDir, signal })
      return port
    }
    const port = await reach().catch(async (error) => {
      const isRunning = (await engine.inspect(containerId, signal))?.status === 'running'
      throw isRunning ? error : await endedTooSoon(containerId, { context, cause: error })
    })
    const launcher: SshLauncher = {
      host,
      port,
      credentialsId: credentialId(slotPlan.slot, context),
      hostKey,
      java,
      jvmOptions: jvmOptions(slotPlan.size.memoryBytes).join(' '),
    }
    await tellController(introduction, launcher, context)
  }

  return {
    rest: (node, context) => putPlainNode({ ...node, labels: [], webSocket: true }, context),

    open: async ({ plan: slotPlan, nodeExists }, context) => {
      const { engine } = context
      const [hostPair, clientKey] = [newKeyPair(), newKeyPair()]
      let containerId: string | undefined
      try {
        const address = await addressOf(find, context)
        const container = { plan: slotPlan, address, hostKey: hostPair, clientPublicKey: clientKey.publicKey }
        containerId = await startSshContainer(container, context)
        const hostKey = hostPair.publicKey
        await introduce({ slotPlan, nodeExists, containerId, address, hostKey, clientKey }, context)
      } catch (error) {
        // Not the key of another container that has the slot. The next look finds what cannot be taken back now.
        if (containerId !== undefined) {
          await release(slotPlan.slot, context).catch(() => undefined)
          await engine.remove(containerId).catch(() => undefined)
        }
        throw error
      } finally {
        forgetSecret(hostPair.privateKey)
        forgetSecret(clientKey.privateKey)
      }
    },

    /** The key that was let in is gone with the node, or may be: the container gets another one. */
    restore: async ({ id: containerId, plan: slotPlan }, context) => {
      const clientKey = newKeyPair()
      try {
        const address = await addressOf(find, context)
        const hostKey = await hostPublicKey(containerId, context.engine, context.signal)
        await letIn(containerId, clientKey.publicKey, context)
        await introduce({ slotPlan, nodeExists: false, containerId, address, hostKey, clientKey }, context)
      } finally {
        forgetSecret(clientKey.privateKey)
      }
    },

    release,
  }
}

interface Introduction {
  slotPlan: SlotPlan
  nodeExists: boolean
  containerId: string
  address: SshAddress
  hostKey: string
  clientKey: SshKeyPair
}

function addressOf(find: typeof sshAddress, { jenkins, plan, signal }: SlotContext): Promise<SshAddress> {
  const { config, engineHost } = plan
  return find({ settings: config.ssh, controllerUrl: jenkins.url, engineHost, signal })
}

/** Credential, then node, then launch: each needs the one before. */
async function tellController(
  { slotPlan, nodeExists, clientKey }: Introduction,
  launcher: SshLauncher,
  context: SlotContext,
): Promise<void> {
  const { jenkins, plan, signal } = context
  const { slot, nodeLabels: labels } = slotPlan
  const { user } = plan.config.ssh
  const description = `Key for one container of ${plan.identity.machineName}; goes with it.`
  await jenkins.putSshKey(
    { id: launcher.credentialsId, description, user, privateKey: clientKey.privateKey },
    signal,
  )
  if (!nodeExists) await putPlainNode({ slot, exists: false, labels: [], webSocket: true }, context)
  const change = { labels, description: plan.describe(slot), clearOfflineMark: true }
  await jenkins.updateNode(slot, { ...change, launcher: { kind: 'ssh', ...launcher } }, signal)
  await jenkins.launch(slot, signal)
}

async function release(slot: string, context: SlotContext): Promise<void> {
  await context.jenkins.deleteCredential(credentialId(slot, context), context.signal)
}

/** With the machine's own id: a namesake's keys are none of our business. */
export function credentialId(slot: string, { plan }: Pick<SlotContext, 'plan'>): string {
  return `footman-${plan.identity.machineId}-${slot}`
}

/** sshd says why it does not start, and ends. */
async function endedTooSoon(
  containerId: string,
  { context: { engine, plan, signal }, cause }: { context: SlotContext; cause: unknown },
): Promise<UserError> {
  const said = await engine.logs(containerId, 5, signal).catch(() => '')
  return new UserError(`sshd ended at once: ${said.trim().split('\n').at(-1) ?? 'it said nothing'}`, {
    hint: `use an image with OpenSSH 7.8 or newer, in which ${plan.config.ssh.user} is a user, such as jenkins/ssh-agent`,
    cause,
  })
}
