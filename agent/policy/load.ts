import { cpus as listCpus, loadavg } from 'node:os'
import { known, type PolicySensor, unknown } from './sensor.ts'

export interface LoadOptions {
  /** CPUs that our own containers used lately, averaged over a minute. */
  ownCpus: (signal: AbortSignal) => Promise<number>
  loadPerMinute?: () => number
  /** All CPUs of the machine, whatever share of them this process may use: the load average counts everybody. */
  cpus?: number
  platform?: NodeJS.Platform
}

/** What others than our own containers ask of each CPU: the 1-minute load average less our share. */
export function loadSensor(options: LoadOptions): PolicySensor<number> {
  const { loadPerMinute = () => loadavg()[0] ?? 0, cpus = listCpus().length } = options
  const { platform = process.platform } = options
  return {
    name: 'load',
    async read(signal) {
      if (platform === 'win32') return unknown('Windows knows no load average')
      const foreign = loadPerMinute() - (await options.ownCpus(signal))
      return known(Math.max(0, foreign) / Math.max(1, cpus))
    },
  }
}
