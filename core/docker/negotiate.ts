import type { EngineEndpoint } from '../docker-host.ts'
import type { SshSurroundings } from '../ssh-surroundings.ts'
import { versionAnswer } from './answers.ts'
import { chooseApiVersion } from './api-version.ts'
import { Asker } from './ask.ts'
import { type DockerClient, dockerClient } from './client.ts'
import { sshAgentFor } from './over-ssh.ts'

export interface NegotiateOptions {
  /** For an engine behind SSH. */
  ssh?: SshSurroundings
  timeoutMs: number
  silenceMs: number
  signal?: AbortSignal | undefined
}

/** An engine that has answered. */
export interface Negotiated {
  docker: DockerClient
  asker: Asker
  /** e.g. `v1.41`: one that both sides know. */
  version: string
  /** Deadline of work that moves data, in ms. */
  longMs: number
  /** Ends the connection to an engine behind SSH, which otherwise lives as long as this process. */
  close(): Promise<void>
}

/** Asks the engine at an endpoint for its version and settles on one. Throws RemoteError; then nothing stays connected. */
export async function negotiate(endpoint: EngineEndpoint, options: NegotiateOptions): Promise<Negotiated> {
  const asker = new Asker({ ...options, host: endpoint.host })
  const agent = sshAgentFor(endpoint, options)
  try {
    const answer = await asker.ask({ signal: options.signal }, async (abortSignal) =>
      dockerClient(endpoint, { agent }).version({ abortSignal }),
    )
    const version = chooseApiVersion(asker.read(versionAnswer, answer), endpoint.host)
    return {
      docker: dockerClient(endpoint, { version, agent }),
      asker,
      version,
      longMs: options.timeoutMs * 3,
      close: async () => agent?.close(),
    }
  } catch (error) {
    await agent?.close()
    throw error
  }
}
