import { type FleetMachine, fleetOf, formatNodeDescription } from '../../agent/fleet/fleet.ts'
import { parseSizeLabel } from '../../agent/labels/size.ts'
import type { Size, Template } from '../../agent/world.ts'
import type { NodeState } from '../../jenkins/jenkins.ts'

/** A laptop in the simulation of a fleet. */
export interface Laptop {
  id: string
  name: string
  budget: Size
  template: Template
  /** It looks at this moment of every interval. */
  phaseMs: number
  isAwake: boolean
  nodes: NodeState[]
  containers: Container[]
  /** What others read from its nodes. */
  public: FleetMachine
  /** Queue item -> when this laptop saw it first. */
  firstSeen: Record<number, number>
}

export interface Container {
  node: NodeState
  size: Size
  startedMs: number
  idleSinceMs: number
  builds: number
}

export const slotsPerLaptop = 4

export function makeLaptop(
  index: number,
  options: { intervalMs: number; asleep: number; random: () => number },
): Laptop {
  const { random } = options
  const name = `laptop-${index}`
  const id = Math.floor(random() * 2 ** 32).toString(16)
  const budget = sizeOf(pick(['2CPU4G', '4CPU8G', '8CPU16G', '16CPU32G'], random))
  const features = [
    'linux',
    name,
    random() < 0.3 ? 'arm64' : 'amd64',
    ...(random() < 0.3 ? ['docker'] : []),
    ...(random() < 0.05 ? ['gpu'] : []),
  ]
  const tag = { id, machine: name, budget, slots: slotsPerLaptop, features: [features] }
  const nodes = [parkedNode(`${name}-1`, formatNodeDescription(tag))]
  return {
    id,
    name,
    budget,
    template: { name: 'default', features, size: sizeOf('1CPU2G'), max: budget },
    phaseMs: Math.floor(random() * options.intervalMs),
    isAwake: random() >= options.asleep,
    nodes,
    containers: [],
    public: publicViewOf(nodes),
    firstSeen: {},
  }
}

/** What every other laptop can know of the one that these nodes belong to. */
export function publicViewOf(nodes: readonly NodeState[]): FleetMachine {
  const [machine] = fleetOf(nodes, 'somebody who looks on')
  if (!machine) throw new Error('these nodes carry no tag')
  return machine
}

export function parkedNode(name: string, description: string): NodeState {
  return {
    name,
    description,
    labels: [],
    offline: true,
    temporarilyOffline: false,
    offlineReason: '',
    connected: false,
    idle: true,
    executors: 1,
    builds: [],
    inbound: true,
  }
}

export function sizeOf(label: string): Size {
  const size = parseSizeLabel(label)
  if (!size) throw new Error(`${label} is no size`)
  return size
}

export function pick<T>(choices: readonly T[], random: () => number): T {
  const choice = choices[Math.floor(random() * choices.length)]
  if (choice === undefined) throw new Error('nothing to choose from')
  return choice
}

/** The same numbers between 0 and 1 for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}
