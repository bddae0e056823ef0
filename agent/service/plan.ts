/** What installing or removing the service does, in this order, before any of it is done. */
export interface ServicePlan {
  steps: ServiceStep[]
  /** What the person should know afterwards. */
  notes: string[]
}

export type ServiceStep =
  | { kind: 'write'; path: string; content: string; mode: number }
  | { kind: 'remove'; path: string }
  /** `mayFail`: there may be nothing to do. */
  | { kind: 'run'; words: string[]; mayFail?: boolean; timeoutMs?: number }

/** Stopping waits for builds; the service manager itself has the last word on how long. */
export const stoppingMs = 24 * 3_600_000

/** The machine and the person that the service is for. */
export interface ServiceSite {
  platform: NodeJS.Platform
  home: string
  uid: number
  user: string
  /** Environment of whoever installs; of it, what leads to the engine, through proxies and to our folders is kept. */
  env: Readonly<Record<string, string | undefined>>
}

/** What the service runs. */
export interface ServiceProgram {
  /** Absolute path of node. */
  node: string
  /** Absolute path of footman's script. */
  cli: string
  /** Absolute path of agent.yaml. */
  config: string
  /** Time that running builds get when the service is stopped, ms. */
  stopWithinMs: number
}

/** The words that the service is started with. */
export function serviceWords({ node, cli, config }: ServiceProgram): string[] {
  return [node, cli, 'agent', 'run', '--config', config]
}

const passedOn = [
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
  'https_proxy',
  'http_proxy',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
  'XDG_CONFIG_HOME',
  'XDG_STATE_HOME',
  'XDG_CACHE_HOME',
]

/** What of the installer's environment the service needs too. A proxy with a password is left out: units can be read by others. */
export function serviceEnvironment(env: ServiceSite['env']): {
  kept: [name: string, value: string][]
  secret: string[]
} {
  const present = passedOn.flatMap((name): [string, string][] => {
    const value = env[name]
    return value === undefined || value === '' || /[\r\n\0]/.test(value) ? [] : [[name, value]]
  })
  const hasPassword = ([name, value]: [string, string]) => /proxy$/i.test(name) && /\/\/[^/]*@/.test(value)
  return {
    kept: present.filter((variable) => !hasPassword(variable)),
    secret: present.filter(hasPassword).map(([name]) => name),
  }
}
