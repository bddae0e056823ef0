/** What a controller looked like at one moment. Order of boot: not listening, loading, up. */
export type Sight =
  /** Nothing answers: the JVM does not listen yet. */
  | { state: 'silent'; reason: string }
  /** 503 with the page "Starting Jenkins", or "is restarting". */
  | { state: 'loading' }
  /** A page with a stack trace: this boot has failed for good. */
  | { state: 'broken'; reason: string }
  /** 200 with the setup wizard: an empty home, or the wrong one. */
  | { state: 'wizard' }
  /** The container does not run, or was restarted by the engine since the last look. */
  | { state: 'dead'; reason: string }
  /** Credentials are refused; the core is up. */
  | { state: 'closed'; version: string; session: string; reason: string }
  | ({ state: 'up' } & VitalSigns)

export interface VitalSigns {
  version: string
  /** Changes at every boot. */
  session: string
  quietingDown: boolean
  /** Undefined where no credentials are configured or these may not look. */
  plugins: Plugin[] | undefined
  jobs: number | undefined
  onlineNodes: number | undefined
  /** Jenkins' own health checks that fail at the moment (2.506 and newer). */
  failing?: string[]
}

export interface Plugin {
  shortName: string
  version: string
  active: boolean
  enabled: boolean
}

/** Looks at one controller container. */
export interface HealthProbe {
  look(signal?: AbortSignal): Promise<Sight>
}

/** What a new controller must be like, made from the old one's vital signs. */
export interface Expectation {
  /** Undefined: any. */
  version: string | undefined
  /** Active before, so active after. */
  activePlugins: string[]
  /** Of those, the ones that may be missing. */
  mayMiss: string[]
  minJobs: number | undefined
  /** Only in a rehearsal, which is quiet on purpose. */
  mayBeQuiet: boolean
}

export interface GateSettings {
  /** Until the first good look. */
  deadlineMs: number
  /** Good looks in a row, of one session, that make it healthy. */
  looks: number
  intervalMs: number
  /** After that it must stay healthy for this long. */
  soakMs: number
}

export type Verdict =
  | { healthy: true; signs: VitalSigns; tookMs: number }
  | { healthy: false; reason: string; last: Sight | undefined; tookMs: number }
