import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { posix } from 'node:path'
import { z } from 'zod'
import { messageOf } from './errors.ts'
import type { SshPlace } from './ssh-surroundings.ts'

/** Where a container engine listens. */
export interface EngineEndpoint {
  /** As people write it: `unix:///var/run/docker.sock`, `tcp://host:2376`. */
  host: string
  /** Where the address comes from, e.g. `DOCKER_HOST`, `docker context colima`, `Colima`. */
  source: string
  connection:
    | { socketPath: string }
    | { hostname: string; port: number; tls: { ca: string; cert: string; key: string } | undefined }
    | { ssh: SshPlace }
}

/** What a strategy found: an endpoint, or the reason why it does not apply. */
export type HostFinding =
  | { source: string; endpoint: EngineEndpoint }
  /** `isFinal`: somebody chose this on purpose, so nothing else is looked at. */
  | { source: string; reason: string; isFinal?: true }

export interface HostSurroundings {
  /** An address from our own configuration; nothing else is looked at when it is given. */
  host?: string | undefined
  env?: NodeJS.ProcessEnv
  platform?: NodeJS.Platform
  home?: string
  uid?: number | undefined
  exists?: (path: string) => boolean
  /** Text of a file; throws when it cannot be read. */
  readText?: (path: string) => string
}

type Surroundings = Required<HostSurroundings>
type Strategy = (surroundings: Surroundings) => HostFinding[] | undefined

/**
 * The addresses under which an engine may answer, best first, and why the others are out. An address that somebody
 * chose on purpose (configuration, DOCKER_HOST, docker context) is the only one: lending the wrong engine would
 * surprise. The order, the variables and the files are those of the docker command line (docker/cli
 * cli/command/cli.go, cli/context/store).
 */
export function findDockerHosts(given: HostSurroundings = {}): HostFinding[] {
  const surroundings: Surroundings = {
    host: given.host,
    env: given.env ?? process.env,
    platform: given.platform ?? process.platform,
    home: given.home ?? homedir(),
    uid: given.uid ?? process.getuid?.(),
    exists: given.exists ?? existsSync,
    readText: given.readText ?? ((path) => readFileSync(path, 'utf8')),
  }
  const findings: HostFinding[] = []
  for (const strategy of strategies) {
    const found = strategy(surroundings) ?? []
    findings.push(...found)
    if (found.some((finding) => 'endpoint' in finding || finding.isFinal)) break
  }
  return findings
}

const strategies: readonly Strategy[] = [configured, dockerHostVariable, dockerContext, usualSockets]

function configured(surroundings: Surroundings): HostFinding[] | undefined {
  if (!surroundings.host) return undefined
  return [parseHost(surroundings.host, 'the configured address', environmentTls(surroundings))]
}

function dockerHostVariable(surroundings: Surroundings): HostFinding[] | undefined {
  const host = surroundings.env.DOCKER_HOST
  if (!host) return undefined
  return [parseHost(host, 'DOCKER_HOST', environmentTls(surroundings))]
}

const cliConfig = z.object({ currentContext: z.string().optional() })
const contextMeta = z.object({ Endpoints: z.object({ docker: z.object({ Host: z.string() }) }) })

/**
 * The context chosen with `docker context use` or DOCKER_CONTEXT. Its folder is called after the SHA-256 of its
 * name.
 */
function dockerContext(surroundings: Surroundings): HostFinding[] | undefined {
  const { env, readText, exists } = surroundings
  const folder = configFolder(surroundings)
  const chosen = env.DOCKER_CONTEXT || currentContext(surroundings)
  if (!chosen || chosen === 'default') return undefined
  const source = `docker context ${chosen}`
  const digest = createHash('sha256').update(chosen).digest('hex')
  try {
    const meta = contextMeta.parse(
      JSON.parse(readText(posix.join(folder, 'contexts/meta', digest, 'meta.json'))),
    )
    const tlsFolder = posix.join(folder, 'contexts/tls', digest, 'docker')
    const tls = exists(posix.join(tlsFolder, 'ca.pem')) ? readTls(tlsFolder, readText) : undefined
    return [parseHost(meta.Endpoints.docker.Host, source, () => tls)]
  } catch (error) {
    const why = error instanceof z.ZodError ? 'it names no engine' : firstLine(error)
    const reason = `its description below ${folder}/contexts cannot be used: ${why}`
    // A leftover `currentContext` of an uninstalled Docker Desktop is common; DOCKER_CONTEXT is meant.
    return [env.DOCKER_CONTEXT ? { source, reason, isFinal: true } : { source, reason }]
  }
}

function currentContext(surroundings: Surroundings): string | undefined {
  try {
    const text = surroundings.readText(posix.join(configFolder(surroundings), 'config.json'))
    return cliConfig.parse(JSON.parse(text)).currentContext
  } catch {
    return undefined // no file, or one that the docker command line would not like either
  }
}

/** Sockets of Docker, rootless Docker, Docker Desktop, Colima, Rancher Desktop, OrbStack and Podman. */
function usualSockets({ env, home, uid, exists, platform }: Surroundings): HostFinding[] {
  if (platform === 'win32') {
    return ['//./pipe/docker_engine', '//./pipe/podman-machine-default'].map((pipe) =>
      parseHost(`npipe://${pipe}`, 'the usual pipe'),
    )
  }
  const runtime = env.XDG_RUNTIME_DIR || (uid === undefined ? undefined : `/run/user/${uid}`)
  const sockets: readonly [source: string, path: string | undefined][] = [
    ['Docker', '/var/run/docker.sock'],
    ['rootless Docker', runtime && `${runtime}/docker.sock`],
    ['Docker Desktop', `${home}/.docker/run/docker.sock`],
    ['Docker Desktop', `${home}/.docker/desktop/docker.sock`],
    ['Colima', `${home}/.colima/default/docker.sock`],
    ['Colima', `${home}/.config/colima/default/docker.sock`],
    ['Rancher Desktop', `${home}/.rd/docker.sock`],
    ['OrbStack', `${home}/.orbstack/run/docker.sock`],
    ['rootless Podman', runtime && `${runtime}/podman/podman.sock`],
    ['Podman', '/run/podman/podman.sock'],
  ]
  return sockets.flatMap(([source, path]) => {
    if (!path) return []
    return [exists(path) ? parseHost(`unix://${path}`, source) : { source, reason: `there is no ${path}` }]
  })
}

/** Reads an address; `tls` is asked only for a TCP address and may throw. */
function parseHost(
  host: string,
  source: string,
  tls: () => { ca: string; cert: string; key: string } | undefined = () => undefined,
): HostFinding {
  const refuse = (reason: string): HostFinding => ({ source, reason, isFinal: true })
  const [, scheme = 'tcp', rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/s.exec(host.trim()) ?? []
  switch (scheme) {
    case 'unix':
    case 'npipe':
      if (!rest) return refuse(`${host} names no socket`)
      return { source, endpoint: { host, source, connection: { socketPath: rest } } }
    case 'tcp':
    case 'http':
    case 'https':
      try {
        const { hostname, port } = new URL(`http://${rest}`)
        const files = tls()
        const connection = {
          hostname: hostname.replace(/^\[|\]$/g, ''),
          port: Number(port) || (files ? 2376 : 2375),
          tls: files,
        }
        return { source, endpoint: { host, source, connection } }
      } catch (error) {
        return refuse(`${host} cannot be used: ${firstLine(error)}`)
      }
    case 'ssh':
      return parseSsh(host, source)
    default:
      return refuse(`${host}: expected unix://, tcp://, ssh:// or npipe://`)
  }
}

/** `ssh://ann@build:2222`: who logs in where. Not which socket there: that is the business of the docker command on the other side. */
function parseSsh(host: string, source: string): HostFinding {
  const refuse = (reason: string): HostFinding => ({
    source,
    reason: `${host} cannot be used: ${reason}`,
    isFinal: true,
  })
  let url: URL
  try {
    url = new URL(host.trim())
  } catch {
    return refuse('expected ssh://user@host or ssh://user@host:port')
  }
  // Not the address as it is: it holds a password.
  if (url.password !== '')
    return { source, reason: 'the address holds a password, and only keys are used', isFinal: true }
  if (!url.hostname || !['', '/'].includes(url.pathname))
    return refuse('expected ssh://user@host, without a path')
  const ssh = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || 22,
    user: url.username === '' ? undefined : decodeURIComponent(url.username),
  }
  return { source, endpoint: { host, source, connection: { ssh } } }
}

/** TLS for DOCKER_HOST: on when DOCKER_TLS_VERIFY is set, with the files of DOCKER_CERT_PATH. */
function environmentTls(surroundings: Surroundings) {
  return () => {
    const { env, readText } = surroundings
    if (!env.DOCKER_TLS_VERIFY) return undefined
    return readTls(env.DOCKER_CERT_PATH || configFolder(surroundings), readText)
  }
}

function readTls(folder: string, readText: Surroundings['readText']) {
  const read = (name: string) => readText(posix.join(folder, name))
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') }
}

function configFolder({ env, home }: Surroundings): string {
  return env.DOCKER_CONFIG || posix.join(home, '.docker')
}

function firstLine(error: unknown): string {
  return messageOf(error).split('\n')[0] ?? ''
}
