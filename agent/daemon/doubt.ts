import type { NetworkInterfaceInfo } from 'node:os'

/** A pause this much longer than intended means that the machine slept. */
const sleepGapMs = 30_000
/** Long enough for agents to notice a dead connection themselves and to try again. */
const doubtMs = 180_000

export interface Doubt {
  /** Until when the agents' own words on their connections are worth reading, ms. */
  untilMs: number
  addresses: string
  lastLookMs: number
}

/**
 * Whether connections may be dead without anybody having noticed: after the machine slept or changed its network, a
 * controller goes on believing in the old connection for 4 to 9 minutes (recorded from Jenkins 2.498) and refuses the new one.
 */
export function doubt(
  before: Doubt | undefined,
  now: { nowMs: number; intendedPauseMs: number; interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> },
): Doubt {
  const { nowMs, intendedPauseMs } = now
  const addresses = outerAddresses(now.interfaces)
  if (!before) return { untilMs: nowMs + doubtMs, addresses, lastLookMs: nowMs }
  const goneMs = nowMs - before.lastLookMs
  // A clock that was set back tells nothing, and must not stretch a doubt over the hours that it lost.
  const jumped = goneMs > intendedPauseMs + sleepGapMs || goneMs < 0
  const moved = addresses !== before.addresses
  return { untilMs: jumped || moved ? nowMs + doubtMs : before.untilMs, addresses, lastLookMs: nowMs }
}

/** Bridges and cables of containers and virtual machines come and go with those, and lead nowhere else. */
const innerInterfaces = /^(lo|docker|br-|veth|podman|cni|virbr|vnet|lxc|lxd)/

function outerAddresses(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): string {
  return Object.entries(interfaces)
    .filter(([name]) => !innerInterfaces.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address)
    .sort()
    .join(' ')
}
