import { parse } from 'yaml'
import { z } from 'zod'
import { ConfigError } from '../../../core/errors.ts'
import { nearest } from '../../../core/nearest.ts'

/** What was given to the Java client of the Swarm plugin, by the option's name without dash; each value in its order. */
export type ClientOptions = ReadonlyMap<string, readonly string[]>

/** jenkinsci/swarm-plugin Options.java, of client 3.51 and of those before and after it. */
const switches = [
  'deleteExistingClients',
  'disableClientsUniqueId',
  'disableSslVerification',
  'disableWorkDir',
  'failIfWorkDirIsMissing',
  'help',
  'keepDisconnectedClients',
  'noCrumb',
  'noHttp2',
  'noRetryAfterConnected',
  'webSocket',
] as const
const valued = [
  'config',
  'description',
  'env',
  'executors',
  'fsroot',
  'internalDir',
  'jar-cache',
  'labels',
  'labelsFile',
  'maxRetryInterval',
  'mode',
  'name',
  'password',
  'passwordEnvVariable',
  'passwordFile',
  'pidFile',
  'prometheusPort',
  'retry',
  'retryBackOffStrategy',
  'retryInterval',
  'sslFingerprints',
  'toolLocation',
  'tunnel',
  'url',
  'username',
  'webSocketHeader',
  'workDir',
] as const
const aliases: Readonly<Record<string, string>> = {
  master: 'url',
  e: 'env',
  t: 'toolLocation',
  h: 'help',
}
const isSwitch = (name: string) => (switches as readonly string[]).includes(name)
const isValued = (name: string) => (valued as readonly string[]).includes(name)

/**
 * Reads the client's command line; what stands before its first option (`java -jar swarm-client.jar`) is passed over. Throws
 * ConfigError for an option that the client does not have, or one without its value. Values never stand in an error: one may be a
 * password.
 */
export function readClientArguments(words: readonly string[]): ClientOptions {
  const given = new Map<string, string[]>()
  const start = words.findIndex((word) => word.startsWith('-') && word !== '-jar' && !isOfJava(word))
  for (let at = start < 0 ? words.length : start; at < words.length; at++) {
    const word = words[at] ?? ''
    const spelled = word.replace(/^--?/, '')
    const name = aliases[spelled] ?? spelled
    if (!word.startsWith('-') || !(isSwitch(name) || isValued(name))) throw unknownOption(word)
    const value = isSwitch(name) ? '' : words[++at]
    if (value === undefined) {
      throw new ConfigError(`${word} of the Swarm client has no value`, {
        hint: 'give the whole old command line',
      })
    }
    given.set(name, [...(given.get(name) ?? []), value])
  }
  return given
}

/** `-Xmx64m`, `-Dname=value`, `-cp`: for the JVM, before the jar. */
function isOfJava(word: string): boolean {
  return /^-(X|D|ea\b|cp\b|classpath\b|server\b)/.test(word)
}

function unknownOption(word: string): ConfigError {
  // A word without a dash may be a value, and thereby a password.
  const what = word.startsWith('-')
    ? `${word} is no option of the Swarm client`
    : 'there is a word without an option before it'
  const near = nearest(word.replace(/^-+/, ''), [...switches, ...valued])
  return new ConfigError(what, {
    hint: near ? `did you mean -${near}?` : 'quote values with blanks as in the old command line',
  })
}

const one = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const fileSchema = z.record(z.string(), z.union([one, z.array(one), z.record(z.string(), one)]))

/** The client's own YAML file, whose keys are the options and three of their own (jenkinsci/swarm-plugin YamlConfig.java). */
export function readClientFile(text: string): ClientOptions {
  const names: Readonly<Record<string, string>> = {
    environmentVariables: 'env',
    toolLocations: 'toolLocation',
  }
  let file: z.output<typeof fileSchema>
  try {
    file = fileSchema.parse(parse(text))
  } catch {
    // Without the parser's words: they may hold a line of the file, and thereby a secret.
    throw new ConfigError('the file of -config is not one of the Swarm client', {
      hint: 'its keys are the names of the options, as in url: https://jenkins.example.com/',
    })
  }
  const given = new Map<string, string[]>()
  for (const [key, value] of Object.entries(file)) {
    const name = names[key] ?? key
    if (isSwitch(name)) {
      if (value === 'true') given.set(name, [''])
    } else if (isValued(name)) given.set(name, wordsOf(value))
    else throw unknownOption(`-${key}`)
  }
  return given
}

function wordsOf(value: string | string[] | Record<string, string>): string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value : Object.entries(value).map(([key, text]) => `${key}=${text}`)
}
