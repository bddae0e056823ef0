import { type FromAgent, parseAgentFrame, type ToAgent } from '../frames.ts'
import type { AgentLink, AgentTask, TaskListener } from '../link.ts'

/** A byte stream that carries whole messages: a WebSocket, or lines over TCP. */
export interface Wire {
  readonly transport: AgentLink['transport']
  send(text: string): void
  /** Ends the connection in an orderly way, by force when the other side does not follow. */
  end(): void
}

/** How the controller finds out that an agent is gone although its connection looks alive; ms. */
export interface PingTiming {
  everyMs: number
  answerWithinMs: number
}

/** jenkinsci/jenkins ChannelPinger.java: a frozen agent was recorded to be noticed after 504 s. */
const defaultPing: PingTiming = { everyMs: 300_000, answerWithinMs: 240_000 }

export interface ConnectionOptions {
  node: string
  wire: Wire
  ping?: PingTiming | undefined
  /** Of the door: who has gone down does not listen any more. */
  suspended: AbortSignal
  /** The agent has said who it is. */
  onReady(link: AgentLink): void
}

/** The controller's side of one agent's connection: whoever reads the wire feeds it. */
export interface Connection {
  receive(text: string): void
  /** To be called when the wire has ended; further calls change nothing. */
  closed(reason: string): void
}

/**
 * Welcomes an agent, and makes a link of the connection once the agent has spoken: a connection on which
 * nobody speaks does not count as connected (recorded from Jenkins 2.498).
 */
export function openConnection(options: ConnectionOptions): Connection {
  const { wire, ping = defaultPing, suspended } = options
  const listeners = new Map<string, TaskListener>()
  const closedListeners: ((reason: string) => void)[] = []
  let closedBecause: string | undefined
  let pinger: NodeJS.Timeout | undefined

  const send = (frame: ToAgent) => {
    if (closedBecause === undefined) wire.send(JSON.stringify(frame))
  }

  const closed = (reason: string) => {
    if (closedBecause !== undefined) return
    closedBecause = reason
    clearTimeout(pinger)
    listeners.clear()
    for (const listener of closedListeners) listener(reason)
  }

  const close = (reason: string) => {
    closed(reason)
    wire.end()
  }

  const schedulePing = () => {
    clearTimeout(pinger)
    pinger = setTimeout(() => {
      send({ type: 'ping' })
      pinger = setTimeout(() => close('Ping timed out'), ping.answerWithinMs).unref()
    }, ping.everyMs).unref()
  }

  const makeLink = (hello: FromAgent & { type: 'hello' }): AgentLink => {
    const tasks = new Set(hello.tasks)
    return {
      node: options.node,
      transport: wire.transport,
      remoteFs: hello.remoteFs,
      get tasks() {
        return [...tasks]
      },
      run: (task: AgentTask, listener: TaskListener) => {
        tasks.add(task.id)
        listeners.set(task.id, listener)
        const { id, script, directory, env, seenBytes, durable = true } = task
        send({ type: 'run', id, script, directory, env, seenBytes, durable })
      },
      interrupt: (id) => send({ type: 'interrupt', id }),
      close,
      onClosed: (listener) => {
        if (closedBecause === undefined) closedListeners.push(listener)
        else listener(closedBecause)
      },
    }
  }

  const endTask = (id: string, exitCode: number | undefined) => {
    const listener = listeners.get(id)
    listeners.delete(id)
    listener?.onEnd(exitCode)
    send({ type: 'forget', id })
  }

  let isReady = false
  send({ type: 'welcome' })
  return {
    closed,
    receive: (text) => {
      if (closedBecause !== undefined || suspended.aborted) return
      const frame = parseAgentFrame(text)
      if (frame === undefined || (frame.type !== 'hello' && !isReady)) return close('Not a practice agent')
      if (frame.type === 'pong') schedulePing()
      if (frame.type === 'output') listeners.get(frame.id)?.onOutput(frame.text, frame.seenBytes)
      if (frame.type === 'end') endTask(frame.id, frame.exitCode)
      if (frame.type !== 'hello' || isReady) return
      isReady = true
      schedulePing()
      options.onReady(makeLink(frame))
    },
  }
}
