/**
 * How many turns the machine of this rank (from 0) lets pass before it serves an item itself, so that of many laptops
 * that see the same queue one starts a container: 0, 1, then 2 for ranks 2 and 3, 3 for ranks 4 to 7, and so on. Groups
 * double in size, so that a thousand laptops which are registered but asleep cost ten turns, not a thousand.
 */
export function turnOfRank(rank: number): number {
  return rank === 0 ? 0 : Math.floor(Math.log2(rank)) + 1
}

/**
 * Whether the first machine stands before the second in the order for this item. All machines compute the same order, by
 * rendezvous hashing of item and machine, without talking to each other.
 */
export function standsBefore(itemId: number, first: string, second: string): boolean {
  const difference = weightOf(itemId, first) - weightOf(itemId, second)
  return difference > 0 || (difference === 0 && first < second)
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
