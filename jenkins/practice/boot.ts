import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import { acceptTcpAgents } from './acceptors/tcp.ts'
import { acceptWebSocketAgents } from './acceptors/websocket.ts'
import { agentJar } from './agent-jar.ts'
import { createSessions, type User } from './auth.ts'
import type { Acceptor, AgentDoor, Build, BuildResult, Runner, RunnerHost } from './contract.ts'
import { doorView } from './door.ts'
import { greetAgent, refused } from './greeting.ts'
import { readCall } from './http.ts'
import { createLauncher } from './launching/launcher.ts'
import { attachLink } from './nodes.ts'
import { createRunner } from './runner.ts'
import { Scheduler } from './scheduler.ts'
import type { Listener } from './server.ts'
import type { State } from './state.ts'
import type { PlayedPlugin, SetupWizard, World } from './world.ts'

export interface BootOptions {
  state: State
  listener: Listener
  users: readonly User[]
  version: string
  swarmPlugin: World['swarmPlugin']
  rootUrl: string
  contextPath: string
  quietPeriodMs: number
  plugins: readonly PlayedPlugin[]
  setupWizard: SetupWizard | undefined
  /** Undefined: no TCP port for agents. */
  agentAddress: { host: string; port: number } | undefined
  clock: Clock
  log: Log
  lifecycle: World['lifecycle']
  save(): void
}

/** One life of the controller, from the moment that it is up until it goes down. */
export interface Boot {
  readonly world: World
  /** Ends what the life began. Builds that cannot be carried on are aborted; agents stay connected until `disconnectAgents`. */
  suspend(): void
  disconnectAgents(): Promise<void>
}

/** Brings a state to life: lets agents in, carries on the Pipelines that ran, and looks at the queue. */
export async function boot(options: BootOptions): Promise<Boot> {
  const { state, clock, log } = options
  const session = randomBytes(4).toString('hex')
  const scheduler: Scheduler = new Scheduler({ state, clock, runner: () => runner })
  const runner: Runner = createRunner(runnerHost(options, scheduler))
  const suspension = new AbortController()
  const door: AgentDoor = {
    version: options.version,
    session,
    log,
    suspended: suspension.signal,
    ...doorView(state),
    greet: (request) => greet(request, world, door),
    attach: (link, address) => attachLink(state, link, { address, now: clock.now }),
  }
  const acceptors: Acceptor[] = [acceptWebSocketAgents(options.listener.server, door)]
  let agentPort = -1
  if (options.agentAddress) {
    const tcp = await acceptTcpAgents(door, options.agentAddress)
    acceptors.push(tcp)
    agentPort = tcp.port
  }
  const launcher = createLauncher({ state, door, clock, agentJar })
  acceptors.push(launcher)
  const world: World = {
    ...options,
    session,
    sessions: createSessions(),
    scheduler,
    runner,
    launch: launcher.launch,
    agentPort,
    agentJar: async () => ({ bytes: await agentJar(), modifiedMs: loadedAtMs }),
  }
  for (const build of runningBuilds(state)) runner.resume(build)
  return {
    world,
    suspend: () => {
      suspension.abort()
      for (const build of runningBuilds(state).filter(isFreestyle)) {
        runner.stop(build, 'SYSTEM')
        end(build, 'ABORTED', clock.now())
      }
      runner.suspend()
      scheduler.close()
    },
    disconnectAgents: async () => {
      await Promise.all(acceptors.map((acceptor) => acceptor.close()))
    },
  }
}

/** The agent's code does not change while we run. */
const loadedAtMs = Date.now()

function greet(request: IncomingMessage, world: World, door: AgentDoor) {
  const call = readCall(request, world)
  return 'status' in call ? refused(call) : greetAgent(call, world, door)
}

function runnerHost(options: BootOptions, scheduler: Scheduler): RunnerHost {
  const { state, clock, log, rootUrl } = options
  const changed = (build: Build, change: 'progress' | 'finished') =>
    state.emit({ kind: 'build', job: build.job, number: build.number, change })
  return {
    clock,
    log,
    rootUrl,
    link: (node) => state.computers.get(node)?.link,
    nodeExists: (node) => state.computers.get(node)?.config !== undefined,
    onLink: (listener) =>
      state.on((event) => {
        if (event.kind === 'agent') listener(event.node, state.computers.get(event.node)?.link, event.reason)
      }),
    onNode: (listener) =>
      state.on((event) => {
        if (event.kind === 'node' && event.change !== 'changed')
          listener(event.node, event.change === 'created')
      }),
    requestNode: (request) => scheduler.requestNode(request),
    print: (build, text) => {
      build.console += text
      changed(build, 'progress')
    },
    finish: (build, result) => {
      end(build, result, clock.now())
      changed(build, 'finished')
    },
    save: options.save,
  }
}

function end(build: Build, result: BuildResult, now: number): void {
  build.building = false
  build.result = result
  build.durationMs = now - build.startedAtMs
}

function runningBuilds(state: State): Build[] {
  return [...state.jobs.values()].flatMap((job) => job.builds.filter((build) => build.building))
}

function isFreestyle(build: Build): boolean {
  return build.definition.kind === 'freestyle'
}
