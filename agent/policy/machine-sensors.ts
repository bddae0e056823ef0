import { batterySensor } from './battery.ts'
import { diskSensor } from './disk.ts'
import { loadSensor } from './load.ts'
import { meteredSensor } from './metered.ts'
import { userActivitySensor } from './user-activity.ts'
import type { Sensors } from './watch.ts'

export interface MachineSensorsOptions {
  /** The engine's data folder, where it is on this machine. */
  dataRoot: string | undefined
  /** CPUs that our own containers used lately, averaged over a minute. */
  ownCpus: (signal: AbortSignal) => Promise<number>
}

/** The real sensors of this machine. */
export function machineSensors({ dataRoot, ownCpus }: MachineSensorsOptions): Sensors {
  return {
    power: batterySensor(),
    idleForMs: userActivitySensor(),
    foreignLoad: loadSensor({ ownCpus }),
    freeDiskBytes: diskSensor(dataRoot),
    metered: meteredSensor(),
  }
}
