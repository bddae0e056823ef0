import type { z } from 'zod'
import { type Shape, shapeOf } from '../../core/config/shape.ts'

/** The settings of a schema as a Markdown table: what the README shows is made here and compared by a test. */
export function settingsTable(schema: z.ZodType): string {
  const rows = [...rowsOf(shapeOf(schema), '')]
  return ['| setting | default | meaning |', '| --- | --- | --- |', ...rows].join('\n')
}

function* rowsOf(shape: Shape, path: string): Generator<string> {
  if (shape.kind === 'section') {
    for (const [key, inner] of shape.keys) yield* rowsOf(inner, path ? `${path}.${key}` : key)
    return
  }
  if (shape.kind === 'list' && shape.item.kind === 'section') {
    yield* rowsOf(shape.item, `${path}[]`)
    return
  }
  const fallback = shape.fallback === undefined ? (shape.optional ? '' : 'required') : code(shape.fallback)
  yield `| \`${path}\` | ${fallback} | ${(shape.description ?? '').replaceAll('|', '\\|')} |`
}

function code(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : `\`${value.join('`, `')}\``
  if (typeof value === 'object') return 'none'
  return `\`${String(value)}\``
}
