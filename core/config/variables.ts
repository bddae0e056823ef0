import { nearest } from '../nearest.ts'
import type { Layer } from './layers.ts'
import { formatPath } from './path.ts'
import type { Problem } from './problem.ts'
import type { ConfigPath, Shape } from './shape.ts'
import { parseYaml } from './yaml.ts'

export interface Variable {
  name: string
  path: ConfigPath
  shape: Shape
}

/** The variables of a schema: `controller.caFile` is FOOTMAN_CONTROLLER_CA_FILE. Lists and mappings have one for the whole. */
export function variablesOf(shape: Shape, prefix: string, path: ConfigPath = []): Variable[] {
  if (shape.kind !== 'section') return [{ name: variableName(prefix, path), path, shape }]
  return [...shape.keys].flatMap(([key, inner]) => variablesOf(inner, prefix, [...path, key]))
}

function variableName(prefix: string, path: ConfigPath): string {
  const words = path.map((step) => String(step).replace(/([a-z0-9])([A-Z])/g, '$1_$2'))
  return [prefix, ...words].join('_').toUpperCase().replaceAll('-', '_')
}

export interface VariablesRequest {
  shape: Shape
  env: Readonly<Record<string, string | undefined>>
  prefix: string
  /** Beginnings of variables that belong to somebody else. */
  exempt: readonly string[]
}

/**
 * Reads the settings that are given as variables. An empty variable counts as not set. Variables with the prefix that
 * name no setting are returned in `unknown`, not refused: the next version, or another program, may know them.
 */
export function readVariables(request: VariablesRequest): {
  layer: Layer & { kind: 'variable' }
  problems: Problem[]
  unknown: { name: string; suggestion: string | undefined }[]
} {
  const { env, prefix, exempt } = request
  const variables = variablesOf(request.shape, prefix)
  const input: Record<string, unknown> = {}
  const names = new Map<string, string>()
  const problems: Problem[] = []
  for (const { name, path, shape } of variables) {
    const text = env[name]
    if (!text) continue
    const { value, says } = meaningOf(text, shape)
    if (says) problems.push({ where: `variable ${name}`, path: formatPath(path), says })
    names.set(formatPath(path), name)
    put(input, path, value)
  }
  const known = variables.map(({ name }) => name)
  const unknown = Object.keys(env)
    .filter((name) => name.startsWith(`${prefix}_`) && !known.includes(name))
    .filter((name) => !exempt.some((beginning) => name.startsWith(beginning)))
    .map((name) => ({ name, suggestion: nearest(name, known) }))
  return { layer: { kind: 'variable', input, names }, problems, unknown }
}

/** What a variable's text means for a setting of this shape. Text that does not fit is passed on for the schema to refuse. */
function meaningOf(text: string, shape: Shape): { value: unknown; says?: string } {
  switch (shape.kind) {
    case 'text':
      return { value: text }
    case 'number':
      return { value: /^[+-]?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text }
    case 'boolean':
      return { value: booleans[text.trim().toLowerCase()] ?? text }
    case 'list':
      return isScalar(shape.item) && !text.trim().startsWith('[') ? items(text, shape.item) : fromYaml(text)
    default:
      return fromYaml(text)
  }
}

const booleans: Record<string, boolean> = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false,
}

function isScalar(shape: Shape): boolean {
  return shape.kind === 'text' || shape.kind === 'number' || shape.kind === 'boolean'
}

function items(text: string, item: Shape): { value: unknown[] } {
  const parts = text.split(',').map((part) => part.trim())
  return { value: parts.filter(Boolean).map((part) => meaningOf(part, item).value) }
}

function fromYaml(text: string): { value: unknown; says?: string } {
  const { value, problems } = parseYaml(text)
  const [problem] = problems
  return problem ? { value: undefined, says: `line ${problem.line}: ${problem.says}` } : { value }
}

function put(root: Record<string, unknown>, path: ConfigPath, value: unknown): void {
  const [step, ...rest] = path.map(String)
  if (step === undefined || value === undefined) return
  if (rest.length === 0) root[step] = value
  else {
    const inner = (root[step] ?? {}) as Record<string, unknown>
    root[step] = inner
    put(inner, rest, value)
  }
}
