import { expect } from 'vitest'
import { parseNodeDescription } from '../../../agent/fleet/fleet.ts'
import { controllerIdOf, type Identity } from '../../../agent/identity.ts'
import type { ContainerState } from '../../../core/container-engine.ts'
import { connectDocker } from '../../../core/docker.ts'
import type { PracticeController } from '../../../jenkins/practice/controller.ts'
import type { Computer } from '../../../jenkins/practice/state.ts'
import { seeded } from '../../agent/fleet-laptop.ts'
import { until } from '../../support/until.ts'
import { AgentHome, type AgentProcess } from '../agent-process.ts'
import type { PracticeStage } from '../practice-stage.ts'
import { placeDecoys } from './decoys.ts'
import { type EngineEvents, engineEvents } from './engine-events.ts'
import { openLedger } from './ledger.ts'
import { Load } from './load.ts'
import { type Watch, watchContainers } from './watch.ts'

/** A machine under load, watched from all sides. */
export interface Campaign {
  home: AgentHome
  controller: PracticeController
  events: EngineEvents
  watch: Watch
  load: Load
  random: () => number
  /** Names of the nodes that the agent may make: one for each slot, and one to try things with. */
  nodes: { slots: readonly string[]; trial: string }
  /** Starts the daemon; what it says is told under this title when the campaign fails. */
  start(title: string): AgentProcess
  containers(): Promise<ContainerState[]>
  /** Fails when something happened that must never happen. */
  check(): Promise<void>
  /** Nodes and containers of ours that exist. */
  left(): Promise<string[]>
}

export interface CampaignOptions {
  stage: PracticeStage
  seed: number
  longOnes: number
}

const slots = 4
const budget = { cpus: 2, memoryBytes: 4 * 2 ** 30 }

/** Sets a campaign up, plays it, and takes everything away again, whatever happened. */
export async function play(
  options: CampaignOptions,
  game: (campaign: Campaign) => Promise<void>,
): Promise<void> {
  const cleanUp: (() => unknown)[] = []
  const said: (() => string)[] = []
  try {
    await game(await setUp(options, cleanUp, said))
  } catch (error) {
    process.stderr.write(said.map((text) => text()).join(''))
    throw error
  } finally {
    const failures: unknown[] = []
    for (const clean of cleanUp.reverse()) {
      await Promise.resolve(clean()).catch((error: unknown) => failures.push(error))
    }
    expect(failures).toEqual([])
  }
}

async function setUp(
  { stage, seed, longOnes }: CampaignOptions,
  cleanUp: (() => unknown)[],
  said: (() => string)[],
): Promise<Campaign> {
  const { controller } = stage
  const engine = await connectDocker()
  const machine = `${stage.prefix}-${seed}`
  const home = await AgentHome.create(stage, machine, {
    machine: { name: machine, cpus: budget.cpus, memory: '4G', slots },
    templates: [{ name: 'default', size: '0.5CPU256M', ...stage.template }],
    container: { keepIdle: '3s' },
    poll: { busy: '200ms', idle: '500ms' },
  })
  cleanUp.push(() => home.remove())
  const identity = await introduce(home, controller)
  const ledger = await openLedger()
  cleanUp.push(() => ledger.close())
  const [image = ''] = stage.images
  const decoys = await placeDecoys({ stage, engine, image, identity, slots })
  cleanUp.push(() => decoys.remove())
  const { machineId, controllerId } = identity
  const labels = { 'io.footman.machine': machineId, 'io.footman.controller': controllerId }
  const events = engineEvents(`io.footman.machine=${machineId}`)
  cleanUp.push(() => events.close())
  const watch = watchContainers({ engine, labels, budget })
  cleanUp.push(() => watch.stop())
  const load = new Load({ controller, ledger, machine, seed, longOnes })
  cleanUp.push(() => load.end())
  const nodes = {
    // The last slot is a namesake's.
    slots: Array.from({ length: slots - 1 }, (_, index) => `${machine}-${index + 1}`),
    trial: `${machine}-preflight`,
  }
  return {
    home,
    controller,
    events,
    watch,
    load,
    random: seeded(seed),
    nodes,
    start: (title) => {
      const agent = home.run()
      said.push(() => `--- ${title}\n${agent.said}`)
      return agent
    },
    containers: () => engine.list(labels),
    check: async () => {
      expect(watch.violations).toEqual([])
      expect(await decoys.touched()).toEqual([])
    },
    left: async () => {
      const containers = await engine.list(labels)
      return [...ownNodes({ controller, nodes }), ...containers].map(({ name }) => name)
    },
  }
}

function ownNodes({
  controller,
  nodes: { slots, trial },
}: Pick<Campaign, 'controller' | 'nodes'>): Computer[] {
  return [...controller.state.computers.values()].filter(({ name }) => slots.includes(name) || name === trial)
}

/** Lets the daemon lend for a moment, which is when it gives its machine an id. */
async function introduce(home: AgentHome, controller: PracticeController): Promise<Identity> {
  const agent = await home.lend()
  const tag = await until('the first node is registered', () => {
    const config = controller.state.computers.get(`${home.machine}-1`)?.config
    return parseNodeDescription(config?.description ?? '')
  })
  await agent.kill()
  return {
    machineName: home.machine,
    machineId: tag.id,
    controllerId: controllerIdOf(controller.url),
  }
}

/**
 * Whether something is begun and not ended: a container that was never started, a node that carries labels or our mark and
 * has no container that runs.
 */
export async function isHalfDone(campaign: Campaign): Promise<boolean> {
  const found = await campaign.containers()
  const running = found
    .filter(({ status }) => status === 'running')
    .map(({ labels }) => labels['io.footman.slot'])
  return (
    running.length < found.length ||
    ownNodes(campaign).some(
      ({ name, config }) => config?.offlineMark || (config?.label && !running.includes(name)),
    )
  )
}
