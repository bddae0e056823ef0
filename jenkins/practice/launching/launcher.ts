import type { Clock } from '../../../core/clock.ts'
import { RemoteError } from '../../../core/errors.ts'
import { openConnection } from '../acceptors/connection.ts'
import type { Acceptor, AgentDoor } from '../contract.ts'
import type { Computer, State } from '../state.ts'
import { type Launched, launchOverSsh } from './ssh-launch.ts'
import { type SshLauncherSettings, sshLauncherOf } from './ssh-settings.ts'

export interface LauncherOptions {
  state: State
  door: AgentDoor
  clock: Clock
  agentJar(): Promise<Buffer>
  /** Between the end of an agent, or of an attempt, and the next attempt, in ms. Default 2,000; Jenkins looks once a minute. */
  againMs?: number
}

/** Starts the agents of nodes that the controller launches itself, and keeps them running. */
export interface Launcher extends Acceptor {
  /** Tries at once, unless an agent is there or an attempt is under way. */
  launch(node: string): void
}

/** Launches as soon as a node says how, and again whenever its agent is gone: the retention strategy Always (RetentionStrategy.java). */
export function createLauncher(options: LauncherOptions): Launcher {
  const { state, door, clock, againMs = 2_000 } = options
  const underWay = new Set<string>()
  const end = new AbortController()
  const isOver = () => end.signal.aborted || door.suspended.aborted

  const launch = (name: string) => {
    const computer = state.computers.get(name)
    if (isOver() || underWay.has(name) || computer?.link || !sshLauncherOf(computer?.config)) return
    underWay.add(name)
    void attempt(name)
      .catch(() => false)
      .then(async (isConnected) => {
        underWay.delete(name)
        if (!isConnected) await later(name)
      })
  }

  const later = async (name: string) => {
    await clock.sleep(againMs, end.signal).catch(() => undefined)
    launch(name)
  }

  /** Tries as often as the launcher says, and stops when the node says something else meanwhile. */
  const attempt = async (name: string): Promise<boolean> => {
    for (let tries = 0; ; tries++) {
      const computer = state.computers.get(name)
      const settings = sshLauncherOf(computer?.config)
      if (!computer || !settings || isOver()) return false
      try {
        await serve(computer, settings)
        return true
      } catch (error) {
        const mayPass = error instanceof RemoteError && error.failure === 'unreachable'
        if (!mayPass || tries >= settings.retries) return false
        await clock.sleep(settings.retryPauseMs, end.signal)
      }
    }
  }

  const serve = async (computer: Computer, settings: SshLauncherSettings) => {
    computer.log = ''
    const launched = await launchOverSsh({
      settings,
      credential: state.credentials.get(settings.credentialsId),
      remoteFs: (computer.config?.remoteFs ?? '').replace(/\/+$/, ''),
      agentJar: options.agentJar,
      say: (line) => {
        computer.log += `${line}\n`
      },
      signal: end.signal,
    })
    await attach(launched, computer.name, { door, address: settings.host })
  }

  const stopListening = state.on((event) => {
    if (event.kind === 'node' && event.change !== 'deleted') launch(event.node)
    if (event.kind === 'agent' && !event.connected && !isOver()) void later(event.node)
  })
  for (const name of state.computers.keys()) launch(name)
  return {
    launch,
    close: async () => {
      stopListening()
      end.abort()
      for (const { name, link } of state.computers.values()) {
        if (sshLauncherOf(state.computers.get(name)?.config)) link?.close('the controller goes down')
      }
    },
  }
}

/** Resolves when the agent has introduced itself; throws when it ends before. */
async function attach(
  launched: Launched,
  node: string,
  { door, address }: { door: AgentDoor; address: string },
): Promise<void> {
  const { stream, onLine, end } = launched
  await new Promise<void>((resolve, reject) => {
    const connection = openConnection({
      node,
      suspended: door.suspended,
      wire: { transport: 'ssh', send: (text) => stream.channel.write(`${text}\n`), end },
      onReady: (link) => {
        door.attach(link, address)
        resolve()
      },
    })
    onLine(connection.receive)
    void stream.ended.then((exit) => {
      connection.closed('Connection terminated')
      reject(
        new Error(`the agent ended with exit code ${exit?.exitCode ?? 'unknown'}: ${stream.complaint()}`),
      )
    })
  })
}
