import { z } from 'zod'

/**
 * What the practice controller and its agents say to each other: one JSON object per WebSocket message, or per line over TCP.
 * Real remoting sends serialised Java objects here; these frames are footman's own and only the practice agent (agent/) speaks them.
 */

/** Controller to agent. */
export type ToAgent =
  /** The controller speaks first. Over TCP also the answer to `connect`. */
  | { type: 'welcome' }
  /** TCP only: why the agent may not come in. The connection ends after it. */
  | { type: 'refused'; reason: string }
  /**
   * Starts a task, or attaches to it when its id is known already. `seenBytes` of its output are not sent again.
   * A task that is not `durable` ends with the connection.
   */
  | {
      type: 'run'
      id: string
      script: string
      directory: string
      env: Record<string, string>
      seenBytes: number
      durable: boolean
    }
  | { type: 'interrupt'; id: string }
  /** The task's end has arrived: its files may go. */
  | { type: 'forget'; id: string }
  /** The channel's own ping, which finds out about agents that are frozen although their socket is open. */
  | { type: 'ping' }

/** TCP only, the agent's first word: a WebSocket agent says the same in its headers. */
const connect = z.object({ type: z.literal('connect'), node: z.string(), secret: z.string() })

const agentFrame = z.discriminatedUnion('type', [
  connect,
  z.object({
    type: z.literal('hello'),
    version: z.string(),
    remoteFs: z.string().min(1),
    tasks: z.array(z.string()),
  }),
  z.object({
    type: z.literal('output'),
    id: z.string(),
    text: z.string(),
    seenBytes: z.int().nonnegative(),
  }),
  z.object({ type: z.literal('end'), id: z.string(), exitCode: z.int().optional() }),
  z.object({ type: z.literal('pong') }),
])

/** Agent to controller. */
export type FromAgent = z.output<typeof agentFrame>

/** One frame of an agent; undefined when it is none of ours. */
export function parseAgentFrame(text: string): FromAgent | undefined {
  try {
    return agentFrame.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
