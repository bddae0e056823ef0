import { readDemand } from '../../agent/demand/read-queue.ts'
import { formatNodeDescription } from '../../agent/fleet/fleet.ts'
import { reconcile } from '../../agent/reconcile.ts'
import { recollect } from '../../agent/slots/recollect.ts'
import { emptyRecollection, type World } from '../../agent/world.ts'
import type { NodeState, QueueItem } from '../../jenkins/jenkins.ts'
import { Model, machine } from '../agent/model.ts'
import { waitingFor } from '../support/waiting-for.ts'
import type { Bench, Figure } from './bench.ts'
import { median, timed } from './sampling.ts'

const items = 1000
const targetMs = 20
const rounds = 60

/** Half of them this machine could serve, some only others, some nobody. */
const wanted = [
  '4CPU8G',
  'linux && 2CPU2G',
  '1CPU1G || 2CPU2G',
  '(linux && 4CPU8G) || windows',
  '!windows && 1CPU2G',
  'chrome && 2CPU4G',
  'docker && linux',
  'ann && 8CPU16G',
  'windows',
  'gpu || 16CPU64G',
]

/** How long one decision takes when the queue is long, and when many laptops serve it. */
export const reconciliation: Bench = {
  name: 'reconcile',
  needsEngine: false,
  async run({ say }) {
    say(`decisions about ${items} queued builds, ${rounds} times each`)
    return [...measure('on one machine', 0), ...measure('among 1,000 nodes of other laptops', 1000)]
  },
}

function measure(where: string, foreignNodes: number): Figure[] {
  const decideMs: number[] = []
  const lookMs: number[] = []
  for (let round = -10; round < rounds; round++) {
    // Everything is as new as after an answer of the controller, but for the queue's items: their turns are over.
    const queue = queueOf(items)
    const nodes = nodesOf(foreignNodes)
    let world: World | undefined
    const beforeMs = timed(() => {
      world = worldOf(queue, nodes)
    })
    const tookMs = timed(() => world && reconcile(world))
    if (round < 0) continue
    decideMs.push(tookMs)
    lookMs.push(beforeMs + tookMs)
  }
  return [
    {
      what: `decide on 1,000 builds ${where}, median`,
      value: median(decideMs),
      unit: 'ms',
      target: { atMost: targetMs },
    },
    { what: `... with reading queue and nodes, median`, value: median(lookMs), unit: 'ms' },
  ]
}

function worldOf(queue: QueueItem[], nodes: NodeState[]): World {
  const { demand } = readDemand({ items: queue, nodes, ownSlots: { 'ann-1': [] } })
  const world = { ...new Model().world(), nodes, demand }
  const firstSeen = Object.fromEntries(demand.map(({ itemId }) => [itemId, 0]))
  return { ...world, recollection: recollect({ ...emptyRecollection, firstSeen }, world) }
}

function queueOf(length: number): QueueItem[] {
  return Array.from({ length }, (_, index) =>
    waitingFor(wanted[index % wanted.length] ?? 'linux', { id: index + 1, inQueueSinceMs: 1000 + index }),
  )
}

/** Our own node, and others of which every tenth has an idle agent. */
function nodesOf(foreign: number): NodeState[] {
  const own = nodeOf('ann-1', 'ann', machine.id, [])
  const others = Array.from({ length: foreign }, (_, index) => {
    const name = `laptop-${index}`
    return nodeOf(`${name}-1`, name, index.toString(16), index % 10 === 0 ? ['linux', name, '1CPU2G'] : [])
  })
  return [own, ...others]
}

function nodeOf(name: string, owner: string, id: string, labels: string[]): NodeState {
  const isOnline = labels.length > 0
  const features = [
    ['linux', 'amd64', owner],
    ['linux', 'chrome', owner],
  ]
  return {
    name,
    description: formatNodeDescription({ id, machine: owner, budget: machine.budget, slots: 4, features }),
    labels,
    offline: !isOnline,
    temporarilyOffline: false,
    offlineReason: '',
    connected: isOnline,
    idle: true,
    executors: 1,
    builds: [],
    inbound: true,
  }
}
