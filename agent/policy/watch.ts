import { deadline } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import { type PolicySensor, type PolicyValues, type Reading, type Readings, unknown } from './sensor.ts'

/** A sensor for each thing that the policy knows. */
export type Sensors = { [Name in keyof PolicyValues]: PolicySensor<PolicyValues[Name]> }

export interface WatchOptions {
  /** Readings younger than this are good enough. Default 10 s. */
  freshMs?: number
  /** A sensor that takes longer tells nothing this time. Default 2 s. */
  deadlineMs?: number
  nowMs?: () => number
}

/**
 * Looks at all sensors at once and keeps what they told. The first look waits for the slowest, at most for the deadline; later ones
 * answer at once with what was seen last, while stale readings are taken anew behind the scenes. Never throws for a sensor's sake.
 */
export function createPolicyWatch(sensors: Sensors, options: WatchOptions = {}): () => Promise<Readings> {
  const { freshMs = 10_000, deadlineMs = 2_000, nowMs = Date.now } = options
  const readAll = allOf(sensors, deadlineMs)
  let latest: Readings | undefined
  let takenAtMs = Number.NEGATIVE_INFINITY
  let underWay: Promise<Readings> | undefined

  async function refresh(): Promise<Readings> {
    latest = await readAll()
    takenAtMs = nowMs()
    underWay = undefined
    return latest
  }

  return async () => {
    if (Math.abs(nowMs() - takenAtMs) >= freshMs) underWay ??= refresh()
    return latest ?? underWay ?? refresh()
  }
}

function allOf(sensors: Sensors, deadlineMs: number): () => Promise<Readings> {
  const power = patiently(sensors.power, deadlineMs)
  const idleForMs = patiently(sensors.idleForMs, deadlineMs)
  const foreignLoad = patiently(sensors.foreignLoad, deadlineMs)
  const freeDiskBytes = patiently(sensors.freeDiskBytes, deadlineMs)
  const metered = patiently(sensors.metered, deadlineMs)
  return async () => {
    const all = await Promise.all([power(), idleForMs(), foreignLoad(), freeDiskBytes(), metered()])
    return {
      power: all[0],
      idleForMs: all[1],
      foreignLoad: all[2],
      freeDiskBytes: all[3],
      metered: all[4],
    }
  }
}

/**
 * Reads a sensor within the deadline. One that hangs for good (a dead network file system) is not asked a second time: each
 * such question would hold one of the few threads that all file access shares.
 */
function patiently<Value>(sensor: PolicySensor<Value>, deadlineMs: number): () => Promise<Reading<Value>> {
  let underWay: Promise<Reading<Value>> | undefined
  return () => {
    const signal = deadline(deadlineMs)
    underWay ??= sensor
      .read(signal)
      .catch((error: unknown) => unknown(messageOf(error)))
      .finally(() => {
        underWay = undefined
      })
    const late = new Promise<Reading<Value>>((resolve) => {
      const why = `reading took longer than ${deadlineMs / 1000} s`
      signal.addEventListener('abort', () => resolve(unknown(why)), { once: true })
    })
    return Promise.race([underWay, late])
  }
}
