/** One look at one thing that the owner's policy cares about. */
export type Reading<Value> =
  | { known: true; value: Value }
  /** Cannot be told here; `why` says so in words for people. */
  | { known: false; why: string }

/** Reads one thing of this machine. Reading is cheap, ends soon after the signal aborts, and may throw. */
export interface PolicySensor<Value> {
  readonly name: string
  read(signal: AbortSignal): Promise<Reading<Value>>
}

export interface Power {
  onBattery: boolean
  /** Charge of the battery, 0 to 100. */
  percent?: number
}

/** Everything that sensors can tell; the hours need none. */
export interface PolicyValues {
  power: Power
  /** Milliseconds since somebody last used keyboard, mouse or a terminal; Infinity when nobody is logged in. */
  idleForMs: number
  /** What others than our own containers ask of each CPU: 1 is a machine that is just fully used. */
  foreignLoad: number
  freeDiskBytes: number
  metered: boolean
}

export type Readings = { [Name in keyof PolicyValues]: Reading<PolicyValues[Name]> }

export function known<Value>(value: Value): Reading<Value> {
  return { known: true, value }
}

export function unknown(why: string): { known: false; why: string } {
  return { known: false, why }
}
