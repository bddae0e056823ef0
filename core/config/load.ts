import { join } from 'node:path'
import type { z } from 'zod'
import type { ConfigError } from '../errors.ts'
import { expectation } from './expectation.ts'
import { readFileLayer } from './file-layer.ts'
import { type ConfigSources, problemsOf } from './issues.ts'
import { type Layer, mergeLayers } from './layers.ts'
import { readPresets } from './presets.ts'
import { configError } from './problem.ts'
import { shapeOf } from './shape.ts'
import { readVariables } from './variables.ts'

export interface ConfigRequest<Schema extends z.ZodType> {
  /** Strict objects of scalars, lists and records; every leaf with a default or a description. */
  schema: Schema
  /** e.g. `agent.yaml`; looked for in every folder of `search`, the first found counts. */
  fileName: string
  search: readonly string[]
  /** A file named by the person (--config). It must exist; nothing else is searched. */
  path?: string | undefined
  env: Readonly<Record<string, string | undefined>>
  /** What the names of variables begin with. Default `FOOTMAN`. */
  envPrefix?: string
  /** Beginnings of variables that are no settings here. Default: those of tests, of logging and of the other trades. */
  exempt?: readonly string[]
  /** Settings from the command line, nested as in the file. */
  flags?: PartialSettings<z.input<Schema>>
  /** Whether the file may begin from others by a key `extends`, which the schema must then have as a list of text. */
  presets?: boolean
  /** The command that prints a commented example, e.g. `footman agent config --example`. */
  exampleCommand: string
}

/** Any part of nested settings; what is undefined is not given. */
export type PartialSettings<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [Key in keyof T]?: PartialSettings<T[Key]> | undefined }
    : T

export interface LoadedConfig<Value> {
  value: Value
  /** The file that was read, if any. */
  file: string | undefined
  /** Where each setting comes from; `describeConfig` reads it. */
  sources: ConfigSources
  /** For the log: variables that name no setting. */
  warnings: string[]
}

const notSettings = ['FOOTMAN_TEST_', 'FOOTMAN_LOG', 'FOOTMAN_LIBRARY_', 'FOOTMAN_JENKINS_']

/**
 * Reads settings from the command line, variables and a YAML file, in that order of precedence, over the schema's
 * defaults. A file is needed only where something required is missing without it.
 * Throws one ConfigError that lists every problem with file, line, column and path, never with the value of a secret.
 */
export async function loadConfig<Schema extends z.ZodType>(
  request: ConfigRequest<Schema>,
): Promise<LoadedConfig<z.output<Schema>>> {
  const { schema, fileName, search, path, env, envPrefix = 'FOOTMAN', exempt = notSettings } = request
  const shape = shapeOf(schema)
  const hint = `${request.exampleCommand} prints every setting with a comment`
  const fromFile = await readFileLayer({ fileName, search, path, shape, hint })
  const presets = fromFile && request.presets ? await readPresets(fromFile, { shape, hint }) : []
  const variables = readVariables({ shape, env, prefix: envPrefix, exempt })
  const flags: Layer = { kind: 'flag', input: request.flags ?? {} }
  const layers = [...presets, ...(fromFile ? [fromFile] : []), variables.layer, flags]
  const sources = { shape, layers, input: mergeLayers(shape, [{}, ...layers.map(({ input }) => input)]) }

  const result = schema.safeParse(sources.input, { error: expectation })
  if (result.success && variables.problems.length === 0) {
    const warnings = warnAbout(variables.unknown, sources.input)
    return { value: result.data, file: fromFile?.file, sources, warnings }
  }
  const issues = result.success ? [] : result.error.issues
  const problems = [...variables.problems, ...issues.flatMap((issue) => problemsOf(issue, sources))]
  const file = fromFile?.file
  throw file ? configError(file, problems, hint) : withoutFile(request, problems)
}

/** The one error for a first start: which file is wanted where, and how to get one. */
function withoutFile(
  { fileName, search, exampleCommand }: ConfigRequest<z.ZodType>,
  problems: Parameters<typeof configError>[1],
): ConfigError {
  const subject = `there is no ${fileName} in ${search.join(' or ')}, and without it the configuration`
  const folder = search[0] ?? '.'
  return configError(
    subject,
    problems,
    `begin with: mkdir -p ${folder} && ${exampleCommand} > ${join(folder, fileName)}`,
  )
}

function warnAbout(
  unknown: readonly { name: string; suggestion: string | undefined }[],
  input: unknown,
): string[] {
  return unknown
    .filter(({ name }) => !refersTo(input, name))
    .map(({ name, suggestion }) => {
      const advice = suggestion ? `; did you mean ${suggestion}?` : ''
      return `the variable ${name} names no setting${advice}`
    })
}

/** Whether some setting says `env:NAME`: such a variable is spoken for, whatever it is called. */
function refersTo(input: unknown, name: string): boolean {
  if (typeof input === 'object' && input !== null) {
    return Object.values(input).some((value) => refersTo(value, name))
  }
  return input === `env:${name}`
}
