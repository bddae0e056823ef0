import type { RawContainer } from '../core/container-host.ts'
import { RemoteError } from '../core/errors.ts'
import { connectJenkins } from './connect.ts'
import type { HealthProbe } from './health/health.ts'
import { healthProbe, type ProbeOptions } from './health/probe.ts'
import type { Jenkins } from './jenkins.ts'
import { type WebAddress, webAddress } from './launch-options.ts'
import { asTexts } from './recipe/json.ts'
import { tunnelAgent } from './tunnel.ts'

/** As for a probe; where Jenkins listens is read off the container. */
export type ReachOptions = Omit<ProbeOptions, 'port' | 'prefix' | 'agent'>

/** Looks at the controller in a container, wherever its arguments and variables let it listen. */
export function probeIn(options: ReachOptions): HealthProbe {
  let probe: HealthProbe | undefined
  return {
    look: async (signal) => {
      const { host, container } = options
      const address = probe ? undefined : addressOf(await host.inspect(container, signal))
      // What it remembers from look to look begins with the first one.
      probe ??= healthProbe({ ...options, ...(address ?? usual) })
      return await probe.look(signal)
    },
  }
}

/** Talks to the controller in a container as the account; undefined without one. */
export function jenkinsIn({ account, ...options }: ReachOptions): Jenkins | undefined {
  if (!account) return undefined
  let connected: Promise<Jenkins> | undefined
  const connect = async () => {
    const { host, container, log, timeoutMs, clock } = options
    const address = addressOf(await host.inspect(container))
    if (!address) throw new RemoteError('not-found', `there is no container ${container}`)
    const { port, prefix } = address
    return connectJenkins({
      url: `http://127.0.0.1:${port}${prefix}/`,
      agent: tunnelAgent(host, container, { port }),
      // What leads out of this machine leads not into the container.
      env: {},
      ...account,
      ...(log && { log }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(clock && { clock }),
    })
  }
  return new Proxy({} as Jenkins, {
    get: (_target, name: keyof Jenkins | 'then') => {
      // Not known yet; and it is no promise, as `await` would like to know.
      if (name === 'url' || name === 'seen' || name === 'then') return undefined
      return async (...args: unknown[]) => {
        connected ??= connect().catch((error: unknown) => {
          // The next call tries again: an engine that is away comes back.
          connected = undefined
          throw error
        })
        const call = (await connected)[name] as (...given: unknown[]) => unknown
        return await call(...args)
      }
    },
  })
}

const usual: WebAddress = { port: 8080, prefix: '' }

function addressOf(container: RawContainer | undefined): WebAddress | undefined {
  if (!container) return undefined
  const { Cmd, Env } = container.Config
  const variables = asTexts(Env).map((line) => {
    const at = line.indexOf('=')
    return [line.slice(0, at), line.slice(at + 1)]
  })
  return webAddress(asTexts(Cmd), Object.fromEntries(variables))
}
