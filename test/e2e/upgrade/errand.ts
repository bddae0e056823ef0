import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import type { ControllerSettings } from '../../../jenkins/config/settings.ts'
import type { Outcome, Phase } from '../../../jenkins/upgrade/contract.ts'
import type { Entry } from '../../../jenkins/upgrade/entries.ts'

/** What a footman in a process of its own is to do. */
export interface Errand {
  /** Address of the engine. */
  engine: string
  settings: ControllerSettings
  token: string
  stateFolder: string
  act: 'upgrade' | 'rollback' | 'recover'
  /** Dies by SIGKILL at this entry of the journal. */
  kill?: { entry: Entry['entry']; when: 'before' | 'after' } | undefined
  options?: { force?: boolean; noRehearsal?: boolean; backup?: string; patienceMs?: number }
}

/** How an errand ended. */
export interface Return {
  exitCode: number | null
  signal: NodeJS.Signals | null
  outcome: Outcome | undefined
  error: string | undefined
  /** What it said on standard error. */
  said: string
  phases: Phase[]
}

/** A footman in a process of its own, which waits for its errand: starting Node.js takes longer than many an errand. */
export class Runner {
  readonly #child: ChildProcess
  readonly #lines: Interface
  #said = ''

  constructor() {
    const script = new URL('../../support/children/upgrade-once.ts', import.meta.url).pathname
    this.#child = spawn(process.execPath, ['--import', 'tsx', script], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text
    })
    this.#lines = createInterface({ input: this.#child.stdout ?? process.stdin })
  }

  /** Runs the errand to its end, or death. `onPhase` is told each phase as it begins. */
  async run(errand: Errand, onPhase: (phase: Phase) => void = () => {}): Promise<Return> {
    const phases: Phase[] = []
    let outcome: Outcome | undefined
    let error: string | undefined
    this.#lines.on('line', (line) => {
      if (line === 'ready') return
      const told = JSON.parse(line) as { phase?: Phase; outcome?: Outcome; error?: string }
      if (told.phase) {
        phases.push(told.phase)
        onPhase(told.phase)
      }
      outcome = told.outcome ?? outcome
      error = told.error ?? error
    })
    const closed = once(this.#child, 'close')
    this.#child.stdin?.write(`${JSON.stringify(errand)}\n`)
    const [exitCode, signal] = (await closed) as [number | null, NodeJS.Signals | null]
    return { exitCode, signal, outcome, error, said: this.#said, phases }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}
