import type { PracticeController } from '../../../jenkins/practice/controller.ts'
import type { AgentProcess } from '../agent-process.ts'
import type { EngineEvents } from './engine-events.ts'

/** When to kill: so long after something happened. */
export interface Moment {
  after: keyof typeof plan
  delayMs: number
}

/** How often each moment is chosen in fifty, and the longest delay after it in ms. */
const plan = {
  /** The process was started. */
  spawn: { times: 6, withinMs: 900 },
  /** Its trial node was made, changed or deleted, by which it chooses a transport. */
  trial: { times: 4, withinMs: 40 },
  /** It says that it lends. */
  lending: { times: 4, withinMs: 400 },
  /** It says that it started a container. */
  started: { times: 5, withinMs: 150 },
  /** It asked the controller to change a slot's node, or read it in order to change it. */
  request: { times: 8, withinMs: 20 },
  /** The controller has changed a slot's node and not answered yet: the daemon never hears of it. */
  unanswered: { times: 9, withinMs: 0 },
  /** The engine has created a container and not started it. */
  created: { times: 7, withinMs: 60 },
  /** A container is being removed. */
  died: { times: 4, withinMs: 20 },
  /** Any time. */
  chance: { times: 3, withinMs: 4_000 },
} as const

/** The fifty moments in random order. */
export function planMoments(random: () => number): Moment[] {
  const all = Object.entries(plan).flatMap(([after, { times, withinMs }]) =>
    Array.from({ length: times }, () => ({
      after: after as keyof typeof plan,
      delayMs: Math.floor(random() * withinMs),
    })),
  )
  return all
    .map((moment) => ({ moment, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ moment }) => moment)
}

export interface Surroundings {
  agent: AgentProcess
  controller: PracticeController
  events: EngineEvents
  /** Names of the nodes that the agent may make for builds, and of the one that it makes for a trial. */
  nodes: { slots: readonly string[]; trial: string }
}

/** What does not happen in this time is not waited for. */
const patienceMs = 4_000

/** Kills the agent at the moment, or when that does not come; true when it came. Throws when the agent was dead already. */
export async function strike(moment: Moment, around: Surroundings): Promise<boolean> {
  const { agent } = around
  const isOnTime = await new Promise<boolean>((resolve) => {
    const kill = (came: boolean) => {
      agent.signal('SIGKILL')
      resolve(came)
    }
    const lastly = setTimeout(() => {
      stop()
      kill(false)
    }, patienceMs)
    const stop = listen[moment.after](around, () => {
      stop()
      clearTimeout(lastly)
      // Without a delay in this very turn of the event loop, so that a controller in here cannot answer first.
      if (moment.delayMs === 0) kill(true)
      else setTimeout(kill, moment.delayMs, true)
    })
  })
  if ((await agent.end()) !== killed) throw new Error(`the agent ended by itself:\n${agent.said}`)
  return isOnTime
}

/** What AgentProcess calls an end by a signal. */
const killed = 128

type Listen = (around: Surroundings, happened: () => void) => () => void

const listen: Record<Moment['after'], Listen> = {
  spawn: (_, happened) => soon(happened),
  chance: (_, happened) => soon(happened),
  lending: ({ agent }, happened) => whenTrue(() => agent.said.includes('lending up to'), happened),
  started: ({ agent }, happened) => whenTrue(() => agent.said.includes(': started '), happened),
  trial: ({ controller, nodes }, happened) => whenChanged(controller, [nodes.trial], happened),
  unanswered: ({ controller, nodes }, happened) => whenChanged(controller, nodes.slots, happened),
  request: ({ controller, nodes }, happened) => {
    const { total } = controller.requests
    const isChange = ({ method, path }: { method: string; path: string }) =>
      (method === 'POST' || path.endsWith('/config.xml')) &&
      nodes.slots.some((name) => path.includes(`/computer/${name}/`))
    return whenTrue(() => {
      const fresh = controller.requests.total - total
      return fresh > 0 && controller.requests.latest.slice(-fresh).some(isChange)
    }, happened)
  },
  created: ({ events }, happened) => on(events, 'create', happened),
  died: ({ events }, happened) => on(events, 'die', happened),
}

/** The listener must have been returned before it is called. */
function soon(happened: () => void): () => void {
  const timer = setTimeout(happened)
  return () => clearTimeout(timer)
}

function whenChanged(controller: PracticeController, names: readonly string[], happened: () => void) {
  return controller.on((event) => {
    if (event.kind === 'node' && names.includes(event.node)) happened()
  })
}

function whenTrue(isTrue: () => boolean, happened: () => void): () => void {
  const timer = setInterval(() => {
    if (isTrue()) happened()
  }, 2)
  return () => clearInterval(timer)
}

function on(events: EngineEvents, action: string, happened: () => void): () => void {
  return events.on((event) => {
    if (event.Action === action) happened()
  })
}
