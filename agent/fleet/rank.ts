export interface TurnRequest {
  itemId: number
  /** Id of this machine. */
  self: string
  /** Ids of the machines that could serve the item; whether this one is among them does not matter. */
  machines: Iterable<string>
}

/**
 * How many turns this machine lets pass before it serves the item itself, so that of many laptops that see the same
 * queue one starts a container. All compute the same order, by rendezvous hashing of item and machine, without talking to
 * each other. The first waits no turn and the second one; then groups double in size, so that a thousand laptops
 * which are registered but asleep cost ten turns, not a thousand.
 */
export function turnOf({ itemId, self, machines }: TurnRequest): number {
  return turnOfRank(rankOf({ itemId, self, machines }))
}

/** Turns that the machine of this rank (from 0) waits: 0, 1, then 2 for ranks 2 and 3, 3 for ranks 4 to 7, and so on. */
export function turnOfRank(rank: number): number {
  return rank === 0 ? 0 : Math.floor(Math.log2(rank)) + 1
}

/** Whether the first machine stands before the second in the order for this item. */
export function standsBefore(itemId: number, first: string, second: string): boolean {
  const difference = weightOf(itemId, first) - weightOf(itemId, second)
  return difference > 0 || (difference === 0 && first < second)
}

function rankOf({ itemId, self, machines }: TurnRequest): number {
  let rank = 0
  for (const machine of machines) if (standsBefore(itemId, machine, self)) rank++
  return rank
}

function weightOf(itemId: number, machine: string): number {
  let hash = mix(itemId)
  for (let at = 0; at < machine.length; at++) hash = Math.imul(hash ^ machine.charCodeAt(at), 0x01000193)
  return mix(hash)
}

/** Spreads the bits of a number over 32 (the last step of MurmurHash3). */
function mix(number: number): number {
  let bits = number | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
