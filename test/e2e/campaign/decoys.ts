import { formatNodeDescription } from '../../../agent/fleet/fleet.ts'
import type { Identity } from '../../../agent/identity.ts'
import type { ContainerEngine, ContainerSpec } from '../../../core/container-engine.ts'
import type { PracticeStage } from '../practice-stage.ts'

/** Containers and nodes of other people that a careless daemon would take for its own. */
export interface Decoys {
  /** Says in what way somebody touched one of them since they were made; empty when nobody did. */
  touched(): Promise<string[]>
  remove(): Promise<void>
}

export interface DecoyOptions {
  stage: PracticeStage
  engine: ContainerEngine
  /** The image of the agents will do. */
  image: string
  /** Of the daemon that shall leave them alone. */
  identity: Identity
  /** Slots that it may use; the last of them is taken by a namesake. */
  slots: number
}

const otherId = '0123456789abcdef'

export async function placeDecoys(options: DecoyOptions): Promise<Decoys> {
  const { stage, engine, identity, slots } = options
  const { machineName } = identity
  const nodes = [`${machineName}-${slots}`, `${machineName}-by-hand`, `neighbour-of-${machineName}-1`]
  const [namesake = '', byHand = '', neighbour = ''] = nodes
  await stage.jenkins.createNode(nodeSpec(namesake, lentBy(machineName), []))
  await stage.jenkins.createNode(nodeSpec(byHand, 'made by hand, for somebody', ['hand-made']))
  await stage.jenkins.createNode(nodeSpec(neighbour, lentBy('neighbour'), ['for-others-only']))

  const containers: string[] = []
  const remove = async () => {
    for (const id of containers) await engine.remove(id)
  }
  try {
    for (const spec of containerSpecs(options)) {
      const id = await engine.create(spec)
      containers.push(id)
      await engine.start(id)
    }
    const look = async () => [
      ...(await Promise.all(containers.map((id) => describeContainer(id, engine)))),
      ...nodes.map((name) => describeNode(name, stage)),
    ]
    const before = await look()
    const touched = async () => {
      const now = await look()
      return before.flatMap((was, index) => (was === now[index] ? [] : `${was} became ${now[index]}`))
    }
    return { touched, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

function containerSpecs({ image, identity }: DecoyOptions): ContainerSpec[] {
  const { machineName, machineId, controllerId } = identity
  const slot = `${machineName}-1`
  const labels = (machine: string, controller: string) => ({
    'io.footman.machine': machine,
    'io.footman.controller': controller,
    'io.footman.slot': slot,
    'io.footman.template': 'default',
    'io.footman.size': '0.5CPU256M',
    'io.footman.node-labels': machineName,
  })
  const spec = { ...sleeper, image }
  return [
    { ...spec, name: `footman-${controllerId}-${slot}-of-mine`, labels: {} },
    { ...spec, name: `footman-${controllerId}-other-${slot}`, labels: labels(otherId, controllerId) },
    { ...spec, name: `footman-00000000-${slot}`, labels: labels(machineId, '00000000') },
  ]
}

const sleeper: Omit<ContainerSpec, 'name' | 'image' | 'labels'> = {
  entrypoint: ['/bin/sleep'],
  command: ['3600'],
  env: {},
  nanoCpus: 100_000_000,
  memoryBytes: 16 * 2 ** 20,
  pidsLimit: 64,
  init: true,
  capAdd: [],
  capDrop: ['ALL'],
  noNewPrivileges: true,
  mounts: [],
  network: 'none',
  stopGraceSeconds: 1,
}

function nodeSpec(name: string, description: string, labels: string[]) {
  const remoteFs = '/home/jenkins/agent'
  return { name, description, labels, remoteFs, executors: 1, mode: 'exclusive' as const, webSocket: true }
}

function lentBy(machine: string): string {
  const budget = { cpus: 2, memoryBytes: 4 * 2 ** 30 }
  return formatNodeDescription({ id: otherId, machine, budget, slots: 4, features: [['linux']] })
}

async function describeContainer(id: string, engine: ContainerEngine): Promise<string> {
  const state = await engine.inspect(id)
  return state ? `container ${state.name} ${state.status} since ${state.startedAtMs}` : `no container ${id}`
}

function describeNode(name: string, { controller }: PracticeStage): string {
  return `node ${name} ${JSON.stringify(controller.state.computers.get(name)?.config)}`
}
