import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

/** A real process of our own, running one of the scripts in test/support/children. */
export interface Child {
  readonly process: ChildProcess
  readonly pid: number
  /** The next line that it prints; rejects when it ends instead. */
  line(): Promise<string>
  /** Sends the signal and resolves when the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Its exit code, once it is gone; null when a signal ended it. */
  exit: Promise<number | null>
}

/** Starts `children/<name>.ts` with these arguments. It is killed at the end of the test at the latest. */
export function startChild(name: string, ...args: string[]): Child {
  const script = new URL(`children/${name}.ts`, import.meta.url).pathname
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    child.kill(signal)
    await exit
  }
  onTestFinished(() => kill())
  return {
    process: child,
    pid: child.pid ?? 0,
    line: async () => {
      const next = await lines.next()
      if (next.done) throw new Error(`${name} ended`)
      return next.value
    },
    kill,
    exit,
  }
}
