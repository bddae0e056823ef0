import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { hear, type Said } from '../../../jenkins/home/answers.ts'
import { homeScript } from '../../../jenkins/home/script.ts'
import { tempDir } from '../../support/temp-dir.ts'

export interface ScriptStage {
  home: string
  store: string
  target: string
  /** Runs the script with the tools of this machine; needs root. */
  run(verb: string, ...args: string[]): Promise<Said & { progress: string[] }>
  /** The same, but everything is killed after so many ms. */
  runAndKill(afterMs: number, verb: string, ...args: string[]): Promise<void>
  /** Results of a run that has to succeed. */
  results(verb: string, ...args: string[]): Promise<string[]>
  /** A folder of the store. */
  backup(...path: string[]): string
}

export interface StageOptions {
  home?: string
  store?: string
  env?: NodeJS.ProcessEnv
}

export const controller = 'butler'

/** Folders that stand for the mounts of a helper container, and the script that works on them. */
export async function scriptStage(options: StageOptions = {}): Promise<ScriptStage> {
  const folder = await tempDir()
  const place = async (name: string) => {
    await mkdir(join(folder, name))
    return join(folder, name)
  }
  const home = options.home ?? (await place('home'))
  const store = options.store ?? (await place('store'))
  const target = await place('target')
  const env = {
    PATH: process.env.PATH,
    TMPDIR: await place('tmp'),
    FOOTMAN_HOME: home,
    FOOTMAN_STORE: store,
    FOOTMAN_TARGET: target,
    ...options.env,
  }

  function start(verb: string, args: string[]) {
    const words = ['--norc', '-c', homeScript(), 'home.sh', verb, controller, ...args]
    // Its own process group, as a program in a container has; its stdin stays open until it ends.
    return spawn('bash', words, { detached: true, env, stdio: ['pipe', 'pipe', 'inherit'] })
  }

  const stage: ScriptStage = {
    home,
    store,
    target,
    backup: (...path) => join(store, controller, ...path),
    async run(verb, ...args) {
      const said = {
        ...{ results: [], refusals: [], full: undefined, notes: [], code: undefined },
        progress: [] as string[],
      }
      const child = start(verb, args)
      let text = ''
      for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk
      for (const line of text.split('\n')) {
        const progress = hear(said, line)
        if (progress !== undefined) said.progress.push(progress)
      }
      child.stdin.destroy()
      return said
    },
    async runAndKill(afterMs, verb, ...args) {
      const child = start(verb, args)
      child.stdout.resume()
      const over = new Promise((resolve) => child.once('close', resolve))
      const timer = setTimeout(() => {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      }, afterMs)
      await over
      clearTimeout(timer)
    },
    async results(verb, ...args) {
      const said = await stage.run(verb, ...args)
      if (said.code !== 0) throw new Error(`${verb} failed: ${JSON.stringify(said)}`)
      return said.results
    },
  }
  return stage
}
