import { table } from '../table.ts'
import { withoutUserInfo } from './expectation.ts'
import type { ConfigSources } from './issues.ts'
import { decidingLayer, wholeAround } from './layers.ts'
import { formatPath, isMapping } from './path.ts'
import type { ConfigPath, Shape } from './shape.ts'

/** One setting as it is in force. */
export interface ConfigRow {
  path: string
  /** As a person would write it (`60s`, not 60000); undefined when it is not set and has no fixed default. */
  value: unknown
  /** `flag`, `variable NAME`, `file PATH:LINE` or `default`. */
  source: string
}

/**
 * Every setting with its value and where that comes from, in the order of the schema. Secrets show only how they are
 * referred to; a secret that is not a reference cannot get here, because the schema refuses it.
 */
export function describeConfig({ sources }: { sources: ConfigSources }): ConfigRow[] {
  return leaves(sources.shape, sources.input, []).map(({ path, value }) => ({
    path: formatPath(path),
    value: withoutPasswords(value),
    source: sourceOf(path, sources),
  }))
}

/** The rows as text for people: one setting a line. */
export function formatConfig(rows: readonly ConfigRow[]): string {
  return table(
    rows.map(({ path, value, source }) => [path, formatValue(value), source]),
    ['setting', 'value', 'from'],
  )
}

/** Goes down to whatever is shown in one line: scalars, lists of scalars, empty lists and mappings. */
function leaves(shape: Shape, given: unknown, path: ConfigPath): { path: ConfigPath; value: unknown }[] {
  const value = given === undefined ? shape.fallback : given
  if (shape.kind === 'section') {
    const inside = isMapping(value) ? value : {}
    if (value === undefined && shape.optional) return [{ path, value }]
    return [...shape.keys].flatMap(([key, inner]) => leaves(inner, inside[key], [...path, key]))
  }
  if (shape.kind === 'list' && shape.item.kind === 'section' && Array.isArray(value) && value.length > 0) {
    return value.flatMap((item, index) => leaves(shape.item, item, [...path, index]))
  }
  if (shape.kind === 'map' && isMapping(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, item]) => leaves(shape.value, item, [...path, key]))
  }
  return [{ path, value }]
}

function sourceOf(path: ConfigPath, { shape, layers }: ConfigSources): string {
  const layer = decidingLayer(shape, layers, path)
  if (!layer) return 'default'
  if (layer.kind === 'flag') return 'flag'
  if (layer.kind === 'variable') return `variable ${layer.names.get(formatPath(wholeAround(shape, path)))}`
  return `file ${layer.file}:${layer.yaml.keyPosition(path).line}`
}

function withoutPasswords(value: unknown): unknown {
  if (typeof value === 'string') return withoutUserInfo(value)
  return Array.isArray(value) ? value.map(withoutPasswords) : value
}

function formatValue(value: unknown): string {
  if (value === undefined) return '-'
  if (typeof value === 'string') return value === '' ? "''" : value
  if (Array.isArray(value)) return value.length === 0 ? '[]' : value.map(formatValue).join(', ')
  return isMapping(value) && Object.keys(value).length === 0 ? '{}' : JSON.stringify(value)
}
