import { isMapping, valueAt } from './path.ts'
import { type ConfigPath, type Shape, shapeAt } from './shape.ts'
import type { ParsedYaml } from './yaml.ts'

/** Settings from one origin, as they were given. `names` tells by formatted path which variable gave a setting. */
export type Layer =
  | { kind: 'file'; input: unknown; file: string; yaml: ParsedYaml }
  | { kind: 'variable'; input: unknown; names: ReadonlyMap<string, string> }
  | { kind: 'flag'; input: unknown }

/**
 * Lays settings over each other, the later over the earlier. Sections are merged key by key; anything else,
 * lists included, replaces what was there: half of one list and half of another would be nobody's wish.
 */
export function mergeLayers(shape: Shape, inputs: readonly unknown[]): unknown {
  const given = inputs.filter((input) => input !== undefined)
  if (!isLaidOver(shape)) return given.at(-1)
  // Something else in the place of a section is left for the schema to complain about.
  const misplaced = given.find((input) => !isMapping(input))
  if (misplaced !== undefined) return misplaced
  const sections = given.filter(isMapping)
  // A required section that nobody wrote down is filled in, so that what is missing in it is named one by one.
  if (sections.length === 0 && shape.optional) return undefined
  const keys = new Set([...sections.flatMap((section) => Object.keys(section)), ...requiredSections(shape)])
  return Object.fromEntries(
    [...keys].flatMap((key) => {
      const values = sections.map((section) => (Object.hasOwn(section, key) ? section[key] : undefined))
      const inner = shapeAt(shape, [key])
      const merged = inner ? mergeLayers(inner, values) : values.findLast((value) => value !== undefined)
      return merged === undefined ? [] : [[key, merged]]
    }),
  )
}

/** Whether several layers may give parts of it. */
function isLaidOver(shape: Shape | undefined): boolean {
  return shape?.kind === 'section' || shape?.merged === true
}

function requiredSections(shape: Shape): string[] {
  if (shape.kind !== 'section') return []
  return [...shape.keys]
    .filter(([, inner]) => inner.kind === 'section' && !inner.optional)
    .map(([key]) => key)
}

/**
 * The layer that decides about a path: the last one that gives anything for it, or for the list that it is part of.
 * Undefined when it was left to the default.
 */
export function decidingLayer(shape: Shape, layers: readonly Layer[], path: ConfigPath): Layer | undefined {
  const whole = wholeAround(shape, path)
  const giving = layers.filter(({ input }) => valueAt(input, whole) !== undefined)
  const misplaced = isLaidOver(shapeAt(shape, whole))
    ? giving.find(({ input }) => !isMapping(valueAt(input, whole)))
    : undefined
  const layer = misplaced ?? giving.at(-1)
  return layer && valueAt(layer.input, path) !== undefined ? layer : undefined
}

/** The part of the path down to the first thing that is replaced as a whole. */
export function wholeAround(shape: Shape, path: ConfigPath): ConfigPath {
  const length = path.findIndex((_step, index) => !isLaidOver(shapeAt(shape, path.slice(0, index))))
  return length < 0 ? path : path.slice(0, length)
}
