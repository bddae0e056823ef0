import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { ConfigError, messageOf, UserError } from '../../errors.ts'
import { errorCode } from '../../file-error.ts'
import { run } from '../../process.ts'
import { register, Secret } from '../../secret.ts'

/** What the docker command line remembers after `docker login` (docker/cli cli/config/configfile). */
const configFile = z.object({
  auths: z
    .record(
      z.string(),
      z.object({ auth: z.string().optional(), identitytoken: z.string().optional() }).nullable(),
    )
    .optional(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
})
type ConfigFile = z.output<typeof configFile>

/** The answer of a credential helper (docker/docker-credential-helpers). */
const helperAnswer = z.object({ Username: z.string(), Secret: z.string() })

export interface Surroundings {
  env: NodeJS.ProcessEnv
  signal: AbortSignal | undefined
}

/** As the engine takes it, in JSON: the fields of AuthConfig (Docker Engine API, "Authentication"). */
type Login = { username: string; password: string } | { identitytoken: string }

/**
 * What to send as `X-Registry-Auth` for a registry, as the docker command line would; undefined without a login.
 * Throws ConfigError when its file cannot be read, and UserError when its credential helper fails.
 */
export async function registryAuth(
  registry: string,
  surroundings: Surroundings,
): Promise<Secret | undefined> {
  const { config, path } = await readConfig(surroundings.env)
  const login = await findLogin(registry, { ...surroundings, config, path })
  if (!login) return undefined
  const serveraddress = serverOf(registry)
  return headerSecret({ ...login, serveraddress })
}

/**
 * What to send as `X-Registry-Config` with a build: all logins, because only its Dockerfile knows which it needs.
 * A login that cannot be had is left out.
 */
export async function allRegistryAuth(surroundings: Surroundings): Promise<Secret | undefined> {
  const { config, path } = await readConfig(surroundings.env)
  const known = new Set([...Object.keys(config.auths ?? {}), ...Object.keys(config.credHelpers ?? {})])
  const logins: Record<string, Login> = {}
  for (const server of known) {
    const login = await findLogin(hostOf(server), { ...surroundings, config, path }).catch(() => undefined)
    if (login) logins[serverOf(hostOf(server))] = login
  }
  surroundings.signal?.throwIfAborted()
  return Object.keys(logins).length === 0 ? undefined : headerSecret(logins)
}

async function readConfig(env: NodeJS.ProcessEnv): Promise<{ config: ConfigFile; path: string }> {
  const path = join(env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker'), 'config.json')
  try {
    return { config: configFile.parse(JSON.parse(await readFile(path, 'utf8'))), path }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { config: {}, path }
    const why = error instanceof z.ZodError ? z.prettifyError(error) : withoutContent(error)
    throw new ConfigError(`cannot read the logins in ${path}: ${why}`, {
      hint: 'correct the file, or make it anew with docker login',
    })
  }
}

/** A JSON error quotes from the file, which holds passwords. */
function withoutContent(error: unknown): string {
  return error instanceof SyntaxError ? 'it is not JSON' : messageOf(error)
}

interface Search extends Surroundings {
  config: ConfigFile
  path: string
}

async function findLogin(registry: string, search: Search): Promise<Login | undefined> {
  const { credHelpers = {}, credsStore, auths = {} } = search.config
  const key = Object.keys(credHelpers).find((server) => hostOf(server) === registry)
  const helper = key === undefined ? credsStore : credHelpers[key]
  const fromHelper = helper ? await askHelper(helper, registry, search) : undefined
  if (fromHelper) return fromHelper
  for (const [server, entry] of Object.entries(auths)) {
    if (hostOf(server) !== registry || !entry) continue
    if (entry.identitytoken) return { identitytoken: new Secret(entry.identitytoken).reveal() }
    const login = entry.auth ? splitAuth(entry.auth) : undefined
    if (login) return login
  }
  return undefined
}

function splitAuth(auth: string): Login | undefined {
  register(auth)
  const text = Buffer.from(auth, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 1) return undefined
  // Some writers pad with NUL.
  const password = text.slice(colon + 1).replace(/\0+$/, '')
  return { username: text.slice(0, colon), password: new Secret(password).reveal() }
}

const helperMs = 30_000
/** What helpers print instead of a login that they do not have. */
const notFound = /credentials not found|no credentials|could not be found/i

async function askHelper(helper: string, registry: string, search: Search): Promise<Login | undefined> {
  const program = `docker-credential-${helper}`
  const fail = (why: string, hint = `try: echo ${serverOf(registry)} | ${program} get >/dev/null`) =>
    new UserError(`cannot ask ${program} for the login of ${registry}: ${why}`, { hint })
  if (!/^[\w.-]+$/.test(helper)) throw fail('that is no name of a program', `correct it in ${search.path}`)
  const { env, signal } = search
  const result = await run([program, 'get'], { timeoutMs: helperMs, env, signal, input: serverOf(registry) })
  if (result.exitCode === 127) {
    throw fail('there is no such program', `put it on the PATH, or take it out of ${search.path}`)
  }
  if (result.timedOut) throw fail('it does not answer')
  if (result.exitCode !== 0) {
    if (notFound.test(result.stdout + result.stderr)) return undefined
    throw fail(`exit code ${result.exitCode ?? result.signal}`)
  }
  const answer = helperAnswer.safeParse(parsed(result.stdout))
  if (!answer.success) throw fail('its answer is none')
  const secret = new Secret(answer.data.Secret)
  if (!answer.data.Secret) return undefined
  return answer.data.Username === '<token>'
    ? { identitytoken: secret.reveal() }
    : { username: answer.data.Username, password: secret.reveal() }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const hubServer = 'https://index.docker.io/v1/'

/** The name under which logins of a registry are kept. */
function serverOf(registry: string): string {
  return registry === 'docker.io' ? hubServer : registry
}

/** The registry of a kept name, which may be a whole address. */
function hostOf(server: string): string {
  const host = server.replace(/^https?:\/\//, '').replace(/\/.*$/s, '')
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host
}

/** Base64 for URLs, with the padding that Node leaves out: engines insist on it. */
function headerSecret(value: object): Secret {
  const text = Buffer.from(JSON.stringify(value)).toString('base64')
  return new Secret(text.replaceAll('+', '-').replaceAll('/', '_'))
}
