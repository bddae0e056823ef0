import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { type AgentStatus, agentStatusSchema } from '../../agent/control/protocol.ts'
import { controllerIdOf } from '../../agent/identity.ts'
import { jarCacheVolume } from '../../agent/transports/inbound/container-spec.ts'
import { connectDocker } from '../../core/docker.ts'
import { until } from '../support/until.ts'
import type { Stage } from './stage.ts'

const cli = resolve(import.meta.dirname, '../../dist/cli.js')

/** A machine's home for the real command line: configuration, state and cache in a folder of its own. */
export class AgentHome {
  readonly folder: string
  readonly machine: string
  readonly #controllerUrl: string
  readonly #running = new Set<AgentProcess>()
  #config: Record<string, unknown> = {}

  private constructor(folder: string, machine: string, controllerUrl: string) {
    this.folder = folder
    this.machine = machine
    this.#controllerUrl = controllerUrl
  }

  static async create(
    stage: Stage,
    machine: string,
    settings: Record<string, unknown> = {},
  ): Promise<AgentHome> {
    const folder = await mkdtemp(join(tmpdir(), 'footman-e2e-'))
    const home = new AgentHome(folder, machine, stage.jenkins.url)
    await writeFile(join(home.folder, 'token'), stage.token, { mode: 0o600 })
    const config = {
      controller: {
        url: stage.jenkins.url,
        user: stage.user,
        token: `file:${home.folder}/token`,
        ...stage.controllerSettings,
      },
      machine: { name: machine, cpus: 2, memory: '4G', slots: 3 },
      images: { allow: stage.images, pull: stage.pull },
      templates: [{ name: 'default', size: '0.5CPU512M', ...stage.template }],
      policy: { minFreeDisk: '100M' },
      ...stage.settings,
      ...settings,
    }
    home.#config = config
    await home.configure({})
    return home
  }

  /** Writes agent.yaml anew, with other settings. */
  async configure(settings: Record<string, unknown>): Promise<void> {
    this.#config = { ...this.#config, ...settings }
    await writeFile(join(this.folder, 'agent.yaml'), stringify(this.#config))
  }

  get env(): NodeJS.ProcessEnv {
    const { folder } = this
    return {
      PATH: process.env.PATH,
      HOME: folder,
      ...(process.env.DOCKER_HOST && { DOCKER_HOST: process.env.DOCKER_HOST }),
      XDG_CONFIG_HOME: join(folder, 'config'),
      XDG_STATE_HOME: join(folder, 'state'),
      XDG_CACHE_HOME: join(folder, 'cache'),
      XDG_RUNTIME_DIR: join(folder, 'run'),
    }
  }

  /** Starts the daemon. */
  run(...options: string[]): AgentProcess {
    const agent = new AgentProcess(this.#spawn(['agent', 'run', ...options]))
    this.#running.add(agent)
    return agent
  }

  /** Starts the daemon and waits until it lends. */
  async lend(): Promise<AgentProcess> {
    const agent = this.run()
    await agent.says('lending up to')
    return agent
  }

  /** Runs any other verb to its end. */
  async call(...words: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    const child = this.#spawn(words)
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
    const exitCode = await new Promise<number>((done) => child.once('close', (code) => done(code ?? -1)))
    return { exitCode, stdout: stdout.text, stderr: stderr.text }
  }

  async status(): Promise<AgentStatus> {
    const { stdout } = await this.call('agent', 'status', '--json')
    return agentStatusSchema.parse(JSON.parse(stdout))
  }

  /** Kills what still runs and takes away what is left of it on this machine. */
  async remove(): Promise<void> {
    for (const agent of this.#running) await agent.kill()
    const engine = await connectDocker()
    const controllerId = controllerIdOf(this.#controllerUrl)
    const ofController = await engine.list({ 'io.footman.controller': controllerId })
    const own = ofController.filter(({ labels }) => labels['io.footman.slot']?.startsWith(`${this.machine}-`))
    for (const { id } of own) await engine.remove(id)
    await engine.removeVolume(jarCacheVolume({ controllerId })).catch(() => undefined)
    await rm(this.folder, { recursive: true, force: true })
  }

  #spawn(words: string[]): ChildProcess {
    const flags = words[0] === 'agent' ? ['--config', join(this.folder, 'agent.yaml')] : []
    return spawn(process.execPath, [cli, ...words, ...flags], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }
}

/** A running daemon. */
export class AgentProcess {
  readonly #child: ChildProcess
  readonly #output: { text: string }
  readonly #ended: Promise<number>

  constructor(child: ChildProcess) {
    this.#child = child
    this.#output = collect(child.stderr)
    this.#ended = new Promise((done) =>
      child.once('close', (code, signal) => done(code ?? (signal ? 128 : -1))),
    )
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  /** What it told people so far. */
  get said(): string {
    return this.#output.text
  }

  async says(text: string | RegExp, withinMs = 60_000): Promise<void> {
    const find = () => (typeof text === 'string' ? this.said.includes(text) : text.test(this.said))
    const isOver = this.#ended.then(() => true)
    await until(
      `the agent says ${text}`,
      async () => {
        if (find()) return true
        if (await Promise.race([isOver, false])) throw new Error(`the agent ended:\n${this.said}`)
        return undefined
      },
      { withinMs },
    )
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.#ended
  }

  /** Exit code; fails when it has not ended in time. */
  async end(withinMs = 60_000): Promise<number> {
    const code = await Promise.race([
      this.#ended,
      new Promise<undefined>((done) => setTimeout(done, withinMs, undefined).unref()),
    ])
    if (code === undefined) throw new Error(`the agent did not end within ${withinMs} ms\n${this.said}`)
    return code
  }
}

function collect(stream: NodeJS.ReadableStream | null): { text: string } {
  const kept = { text: '' }
  stream?.setEncoding('utf8')
  stream?.on('data', (chunk: string) => {
    kept.text += chunk
  })
  return kept
}
