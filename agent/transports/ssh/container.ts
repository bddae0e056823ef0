import type { ContainerEngine, ContainerSpec } from '../../../core/container-engine.ts'
import { messageOf, RemoteError, UserError } from '../../../core/errors.ts'
import type { SshKeyPair } from '../../../core/ssh-keys.ts'
import type { Owner } from '../../containers/container-owner.ts'
import { inside } from '../../containers/inside.ts'
import { slotContainerSpec } from '../../containers/slot-container.ts'
import { directory, file, type PutBatch, root, startContainer } from '../../containers/start-container.ts'
import type { SlotPlan } from '../../world.ts'
import type { SlotContext } from '../transport.ts'
import type { SshAddress } from './address.ts'
import { insideSsh } from './inside.ts'
import { sshdConfig } from './sshd-config.ts'

export interface SshContainerOptions {
  plan: SlotPlan
  address: SshAddress
  hostKey: SshKeyPair
  /** Of the key that is let in. */
  clientPublicKey: string
}

/** Starts a slot's container with sshd in it; returns its id. Throws as `startContainer` does; UserError when the port is taken. */
export async function startSshContainer(options: SshContainerOptions, context: SlotContext): Promise<string> {
  const { engine, plan, signal } = context
  const spec = sshContainerSpec(options, context)
  const { user } = plan.config.ssh
  const listen = isOnHost(spec)
    ? { address: options.address.bind, port: fixedPort(options.plan.slot, context) }
    : { address: '0.0.0.0', port: insideSsh.port }
  try {
    return await startContainer({
      engine,
      spec,
      files: ({ owner, image }) =>
        batches(owner, {
          ...options,
          config: sshdConfig({ user, listen, env: { ...image.env, ...spec.env } }),
          workDir: spec.workingDir,
        }),
      ...(signal && { signal }),
    })
  } catch (error) {
    throw explained(error, { slot: options.plan.slot, user })
  }
}

/** Two refusals of the engine whose cure is a setting of ours. */
function explained(cause: unknown, { slot, user }: { slot: string; user: string }): unknown {
  const said = messageOf(cause)
  if (/port is already allocated|address already in use|ports are not available/i.test(said)) {
    return new UserError(`a port for ${slot} is taken on this machine: ${said}`, {
      hint: 'set ssh.port to the first of a few that are free, or leave it out: then the engine finds one',
      cause,
    })
  }
  if (/\/etc\/passwd/.test(said)) {
    return new UserError(`there is no user ${user} in the image`, {
      hint: 'set ssh.user to one that is, or name an image such as jenkins/ssh-agent in templates[].image',
      cause,
    })
  }
  return cause
}

/** Where the outside reaches the sshd of a running container. Throws RemoteError when it does not run. */
export async function publishedPort(id: string, slotPlan: SlotPlan, context: SlotContext): Promise<number> {
  const { engine, plan, signal } = context
  const state = await engine.inspect(id, signal)
  const port = state?.ports?.[insideSsh.port]
  if (port !== undefined) return port
  const template = plan.config.templates.find(({ name }) => name === slotPlan.template)
  if (state?.status === 'running' && template?.network === 'host') return fixedPort(slotPlan.slot, context)
  throw new RemoteError('rejected', `sshd does not run in the container of ${slotPlan.slot}`, {
    hint: `the image needs ${plan.config.ssh.sshd}; see ssh.sshd, and templates[].image for one such as jenkins/ssh-agent`,
  })
}

/** Lets another key in, in place of the one before. */
export async function letIn(
  id: string,
  publicKey: string,
  { engine, signal }: Pick<SlotContext, 'engine' | 'signal'>,
): Promise<void> {
  await engine.putFiles(id, '/', [authorized(publicKey)], signal)
}

/** The public half of the key that the container's sshd shows. */
export async function hostPublicKey(
  id: string,
  engine: ContainerEngine,
  signal?: AbortSignal,
): Promise<string> {
  const key = await engine.readFile(id, insideSsh.hostPublicKey, signal)
  if (key) return key.toString().trim()
  throw new RemoteError('not-found', 'the container holds no host key of ours')
}

function sshContainerSpec(
  { plan: slotPlan, address }: SshContainerOptions,
  context: SlotContext,
): ContainerSpec {
  const { jenkins, plan } = context
  const { config, identity } = plan
  const { ssh } = config
  const hostPort = ssh.port === undefined ? 0 : ssh.port + slotNumber(slotPlan.slot) - 1
  return slotContainerSpec({
    plan: slotPlan,
    template: config.templates.find(({ name }) => name === slotPlan.template),
    image: plan.images(jenkins.seen?.version)[slotPlan.template],
    identity,
    config,
    transport: 'ssh',
    work: ({ network }) => ({
      entrypoint: [ssh.sshd],
      command: ['-D', '-e', '-f', insideSsh.config],
      user: ssh.user,
      mounts: [],
      ...(network !== 'host' && {
        publish: [{ containerPort: insideSsh.port, hostIp: address.bind, hostPort }],
      }),
    }),
  })
}

function isOnHost({ network }: ContainerSpec): boolean {
  return network === 'host'
}

/** In the machine's own network nobody translates ports. */
function fixedPort(slot: string, { plan }: SlotContext): number {
  const { port } = plan.config.ssh
  if (port !== undefined) return port + slotNumber(slot) - 1
  throw new UserError('sshd in the network of this machine needs ports of its own', {
    hint: 'set ssh.port to the first of a few that are free, or leave templates[].network out',
  })
}

function slotNumber(slot: string): number {
  return Number(/-(\d+)$/.exec(slot)?.[1] ?? 1)
}

interface Contents extends Pick<SshContainerOptions, 'hostKey' | 'clientPublicKey'> {
  config: string
  workDir: string | undefined
}

function batches(owner: Owner, { hostKey, clientPublicKey, config, workDir }: Contents): PutBatch[] {
  const byRoot = { mode: 0o644, owner: root }
  return [
    {
      folder: '/',
      files: [
        directory(inside.folder, 0o755, root),
        directory(insideSsh.folder, 0o755, root),
        file(insideSsh.config, config, byRoot),
        file(insideSsh.hostKey, hostKey.privateKey.reveal(), { mode: 0o400, owner }),
        file(insideSsh.hostPublicKey, `${hostKey.publicKey}\n`, byRoot),
        authorized(clientPublicKey),
        ...(workDir === undefined || workDir === '/' ? [] : [directory(workDir, 0o755, owner)]),
      ],
    },
  ]
}

function authorized(publicKey: string) {
  return file(insideSsh.authorizedKeys, `${publicKey}\n`, { mode: 0o644, owner: root })
}
