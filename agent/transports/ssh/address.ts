import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { deadline } from '../../../core/clock.ts'
import { messageOf, RemoteError } from '../../../core/errors.ts'
import type { AgentConfig } from '../../config/schema.ts'

/** Where a slot's sshd is to be found. */
export interface SshAddress {
  /** As the controller dials it. */
  host: string
  /** Local address that takes the connections. */
  bind: string
}

export interface AddressOptions {
  settings: AgentConfig['ssh']
  controllerUrl: string
  /** Where the engine is, if not on this machine. */
  engineHost: string | undefined
  signal?: AbortSignal | undefined
  route?: typeof localAddressTowards
  ownAddresses?: () => string[]
}

const everywhere = '0.0.0.0'

/**
 * The address under which the controller reaches this machine: as configured; else the engine's host where that is another machine;
 * else the address from which this machine reaches the controller. Throws RemoteError when there is no way there.
 */
export async function sshAddress(options: AddressOptions): Promise<SshAddress> {
  const { settings, controllerUrl, engineHost, signal } = options
  const { route = localAddressTowards, ownAddresses = addressesOfThisMachine } = options
  const host = settings.host ?? engineHost ?? (await route(controllerUrl, signal))
  const isOwn = engineHost === undefined && ownAddresses().includes(host)
  return { host, bind: settings.bind ?? (isOwn ? host : everywhere) }
}

/** By the routes of this machine: nothing is sent, because a datagram socket connects to nobody. */
export async function localAddressTowards(controllerUrl: string, signal?: AbortSignal): Promise<string> {
  const { hostname } = new URL(controllerUrl)
  const limit = deadline(10_000, signal)
  try {
    const { address, family } = await abortable(limit, lookup(hostname.replace(/^\[|\]$/g, '')))
    return await abortable(limit, localAddress(address, family))
  } catch (error) {
    signal?.throwIfAborted()
    throw new RemoteError('unreachable', `there is no way from here to ${hostname}: ${messageOf(error)}`, {
      hint: 'set ssh.host to the address at which the controller reaches this machine',
      cause: error,
    })
  }
}

function localAddress(address: string, family: number): Promise<string> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  return new Promise<string>((resolve, reject) => {
    socket.once('error', reject)
    socket.connect(9, address, () => resolve(socket.address().address))
  }).finally(() => socket.close())
}

function abortable<T>(limit: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    limit.addEventListener('abort', () => reject(limit.reason), { once: true })
    work.then(resolve, reject)
  })
}

function addressesOfThisMachine(): string[] {
  return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address))
}
