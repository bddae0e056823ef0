import type { Readable } from 'node:stream'
import { ConfigError, UserError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { nearest } from '../core/nearest.ts'
import { readSecret } from '../core/secret-source.ts'
import { type Parameter, type StepDefinition, variableOf } from './definition.ts'

/** `name=value` as it stood on the command line. */
export interface NamedText {
  name: string
  text: string
}

export interface GivenParameters {
  /** As a Pipeline would give them. */
  parameters: Record<string, unknown>
  /** What withCredentials would bind. */
  credentials: Record<string, string>
}

export interface ReadOptions {
  log: Log
  env: NodeJS.ProcessEnv
  cwd: string
  stdin: Readable & { isTTY?: boolean }
  signal: AbortSignal
}

/** Reads `name=value`. Throws UserError when there is no name. */
export function parseNamedText(text: string): NamedText {
  const at = text.indexOf('=')
  if (at < 1) throw new UserError(`'${text}' gives no parameter`, { hint: 'write --param name=value' })
  return { name: text.slice(0, at), text: text.slice(at + 1) }
}

/**
 * Turns what was given on the command line into what a Pipeline would give: a list or map is given item by item. Secrets
 * and credentials are named, never written: `file:PATH`, `env:NAME` or `stdin`, with `USER@` before it where a user
 * belongs to it. Throws UserError or ConfigError on what cannot be read.
 */
export async function readParameters(
  definition: StepDefinition,
  given: readonly NamedText[],
  options: ReadOptions,
): Promise<GivenParameters> {
  const result: GivenParameters = { parameters: {}, credentials: {} }
  for (const { name, text } of given) {
    const parameter = Object.hasOwn(definition.parameters, name) ? definition.parameters[name] : undefined
    if (parameter?.type === 'credentials') {
      result.parameters[name] = text
      Object.assign(result.credentials, await bind(name, parameter.kind, text, options))
    } else if (parameter?.secret) {
      const secret = await readSecret(text, secretOptions(name, options))
      result.parameters[name] = secret.reveal()
    } else {
      result.parameters[name] = added(parameter, result.parameters[name], text, name)
    }
  }
  return result
}

/** One more text for a parameter: a further item of a list, a further entry of a map. */
function added(parameter: Parameter | undefined, before: unknown, text: string, name: string): unknown {
  if (parameter?.type === 'list') return [...(Array.isArray(before) ? before : []), text]
  if (parameter?.type === 'map') {
    const { name: key, text: value } = parseNamedText(text)
    return { ...(before ?? {}), [key]: value }
  }
  if (before === undefined) return text
  throw new UserError(`${name} is given twice`, { hint: `give --param ${name}=… once` })
}

async function bind(
  name: string,
  kind: (Parameter & { type: 'credentials' })['kind'],
  text: string,
  options: ReadOptions,
): Promise<Record<string, string>> {
  const variable = variableOf(name)
  const at = /^(?:([^@:]+)@)?((?:file|env):.+|stdin)$/.exec(text)
  const [, user, reference] = at ?? []
  const needsUser = kind === 'usernamePassword' || kind === 'sshKey'
  const isFile = kind === 'secretFile' || kind === 'sshKey'
  if (
    reference === undefined ||
    needsUser !== (user !== undefined) ||
    (isFile && !reference.startsWith('file:'))
  ) {
    const wanted = isFile ? 'file:PATH' : 'file:PATH, env:NAME or stdin'
    throw new ConfigError(`${name} does not say where the credential is found`, {
      hint: `write --param ${name}=${needsUser ? 'USER@' : ''}${isFile ? 'file:PATH' : 'env:NAME'}; it takes ${wanted}`,
    })
  }
  const secret = await readSecret(reference, secretOptions(name, options))
  if (kind === 'secretText') return { [`${variable}_SECRET`]: secret.reveal() }
  if (kind === 'secretFile') return { [`${variable}_FILE`]: reference.slice('file:'.length) }
  const owner = { [`${variable}_USER`]: user ?? '' }
  if (kind === 'sshKey') return { ...owner, [`${variable}_KEY`]: reference.slice('file:'.length) }
  return { ...owner, [`${variable}_PASSWORD`]: secret.reveal() }
}

function secretOptions(name: string, { log, env, cwd, stdin, signal }: ReadOptions) {
  return { setting: `--param ${name}`, log, env, baseDir: cwd, stdin, signal }
}

/** The step of a name, footman's or the library's. Throws UserError with what was likely meant. */
export function findStep<Step extends { origin: string; definition: StepDefinition }>(
  steps: readonly Step[],
  name: string,
): Step {
  const found = steps.find(({ origin, definition }) => origin === name || definition.name === name)
  if (found) return found
  const meant = nearest(
    name,
    steps.map(({ definition }) => definition.name),
  )
  throw new UserError(`there is no step ${name}`, {
    hint: meant ? `did you mean ${meant}?` : 'footman library list shows all that there are',
  })
}
