import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Caller, Sessions, User } from './auth.ts'
import type { Runner } from './contract.ts'
import type { Scheduler } from './scheduler.ts'
import type { State } from './state.ts'

/** What one boot of the controller is made of; routes get it with every call. */
export interface World {
  readonly version: string
  /** X-Jenkins-Session: changes at each boot. */
  readonly session: string
  /** An `old` one hands out no secrets, as before 3.42. */
  readonly swarmPlugin: 'current' | 'old' | 'missing'
  readonly sessions: Sessions
  readonly users: readonly User[]
  readonly state: State
  readonly scheduler: Scheduler
  readonly runner: Runner
  /** Starts the agent of a node that the controller launches itself. */
  launch(node: string): void
  readonly clock: Clock
  readonly log: Log
  /** The configured URL, with context path and trailing slash. */
  readonly rootUrl: string
  /** '' or e.g. `/jenkins`. */
  readonly contextPath: string
  /** TCP port for agents, -1 when it is off. */
  readonly agentPort: number
  readonly plugins: readonly PlayedPlugin[]
  /** Undefined once somebody has set the controller up. */
  readonly setupWizard: SetupWizard | undefined
  /** Of a job without a quiet period of its own. */
  readonly quietPeriodMs: number
  agentJar(): Promise<{ bytes: Buffer; modifiedMs: number }>
  readonly lifecycle: { restart(): void; safeRestart(reason: string | null): void; exit(): void }
}

/** A plugin as the plugin manager shows it. */
export interface PlayedPlugin {
  shortName: string
  longName: string
  version: string
  active: boolean
  enabled: boolean
}

export interface SetupWizard {
  /** Where the first password lies. */
  passwordFile: string
}

/** One request, with what everybody wants to know of it already found out. */
export interface Call {
  method: string
  /** As sent, without query and context path. */
  path: string
  /** The path's parts, decoded, without empty ones. */
  segments: string[]
  query: URLSearchParams
  /** Query parameters and, of a form, those in the body. */
  form: URLSearchParams
  headers: IncomingHttpHeaders
  body: Buffer
  caller: Caller
  /** The live HTTP session that came with the request. */
  httpSession: string | undefined
}

export interface Reply {
  status: number
  headers: Record<string, string | string[]>
  body: string | Buffer
}

/** Answers what stands below its noun; undefined means that nothing does. */
export type Route = (call: Call, world: World, rest: string[]) => Reply | undefined | Promise<Reply>
