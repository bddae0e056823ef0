import type { z } from 'zod'
import { nearest } from '../nearest.ts'
import { found } from './expectation.ts'
import { decidingLayer, type Layer, wholeAround } from './layers.ts'
import { formatPath, valueAt } from './path.ts'
import type { Problem } from './problem.ts'
import { type ConfigPath, type Shape, shapeAt } from './shape.ts'

/** What was given, and what it was held against. */
export interface ConfigSources {
  shape: Shape
  /** The earlier are overruled by the later. */
  layers: readonly Layer[]
  /** The settings as given, laid over each other. */
  input: unknown
}

/** Turns what a schema complains about into problems that a person can find and mend. */
export function problemsOf(issue: z.core.$ZodIssue, sources: ConfigSources): Problem[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)))
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], sources))
  const shape = shapeAt(sources.shape, path)
  const value = valueAt(sources.input, path)
  if (value === undefined) {
    const about = shape?.description ? ` (${shape.description})` : ''
    return [{ where: whereIs(path, sources, 'key'), path: formatPath(path), says: `missing${about}` }]
  }
  if (issue.code === 'invalid_key') return [badName(path, issue, sources)]
  // YAML read a number or a truth value where text was meant, e.g. the label 4 or the name on.
  const quoteIt = issue.message === 'expected text' && typeof value !== 'object'
  const says = `${issue.message}, ${found(value, isSecret(sources.shape, path))}`
  return [
    {
      where: whereIs(path, sources),
      path: formatPath(path),
      says: quoteIt ? `${says}; put it in quotes` : says,
    },
  ]
}

function unknownKey(path: ConfigPath, sources: ConfigSources): Problem {
  const key = String(path.at(-1))
  const section = shapeAt(sources.shape, path.slice(0, -1))
  const sibling = section?.kind === 'section' ? nearest(key, section.keys.keys()) : undefined
  const elsewhere = pathsEndingIn(key, sources.shape)[0]
  const suggestion = sibling ? `; did you mean ${sibling}?` : elsewhere ? `; did you mean ${elsewhere}?` : ''
  return {
    where: whereIs(path, sources, 'key'),
    path: formatPath(path),
    says: `unknown key${suggestion}`,
  }
}

function badName(
  path: ConfigPath,
  issue: z.core.$ZodIssueInvalidKey<unknown>,
  sources: ConfigSources,
): Problem {
  const says = `${issue.issues[0]?.message ?? issue.message} as the name, ${found(path.at(-1), false)}`
  return { where: whereIs(path, sources, 'key'), path: formatPath(path), says }
}

/** Settings of that name in other sections: the most common slip is a wrong indentation. */
function pathsEndingIn(key: string, shape: Shape, path: ConfigPath = []): string[] {
  if (shape.kind !== 'section') return []
  return [...shape.keys].flatMap(([name, inner]) => {
    const here = [...path, name]
    return [...(name === key ? [formatPath(here)] : []), ...pathsEndingIn(key, inner, here)]
  })
}

/** Whether the setting, or anything that it is part of, must not be shown. */
function isSecret(shape: Shape, path: ConfigPath): boolean {
  return path.some((_step, index) => shapeAt(shape, path.slice(0, index + 1))?.secret)
}

function whereIs(path: ConfigPath, { shape, layers }: ConfigSources, part?: 'key'): string {
  const layer = decidingLayer(shape, layers, path) ?? layers.findLast(({ kind }) => kind === 'file')
  if (layer?.kind === 'flag') return 'command line'
  if (layer?.kind === 'variable') return `variable ${layer.names.get(formatPath(wholeAround(shape, path)))}`
  if (layer?.kind !== 'file') return ''
  const { line, column } = part ? layer.yaml.keyPosition(path) : layer.yaml.valuePosition(path)
  return `${layer.file}:${line}:${column}`
}
