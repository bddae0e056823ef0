import type { Plugin } from '../../jenkins/health/health.ts'
import type { RunningBuild } from '../../jenkins/jenkins.ts'
import { FaultSwitches } from './fault-switches.ts'

/** The part of a controller in memory that upgrades look at. */
export abstract class FakeVitals extends FaultSwitches {
  quietingDown = false
  quietDownReason: string | undefined
  installed: Plugin[] = []
  running: RunningBuild[] = []

  quietDown(reason: string, signal?: AbortSignal): Promise<void> {
    return this.answer('quietDown', '', signal, () => {
      this.quietingDown = true
      this.quietDownReason = reason
    })
  }

  cancelQuietDown(signal?: AbortSignal): Promise<void> {
    return this.answer('cancelQuietDown', '', signal, () => {
      this.quietingDown = false
      this.quietDownReason = undefined
    })
  }

  plugins(signal?: AbortSignal): Promise<Plugin[]> {
    return this.answer('plugins', '', signal, () => structuredClone(this.installed))
  }

  runningBuilds(signal?: AbortSignal): Promise<RunningBuild[]> {
    return this.answer('runningBuilds', '', signal, () => structuredClone(this.running))
  }
}
