import { z } from 'zod'

/** A place in a configuration: `['templates', 0, 'size']`. */
export type ConfigPath = readonly (string | number)[]

/** What a schema says about one setting, without the parts of zod that nobody else needs to know. */
export type Shape = ShapeKind & {
  description: string | undefined
  /** May be left out. */
  optional: boolean
  /** What stands for it when it is left out, as a person would have written it. */
  fallback: unknown
  /** Its value must not be shown. */
  secret: boolean
  /** A mapping whose entries are laid over each other one by one, as if it were a section. */
  merged: boolean
}

type ShapeKind =
  | { kind: 'section'; keys: ReadonlyMap<string, Shape> }
  | { kind: 'list'; item: Shape }
  | { kind: 'map'; value: Shape }
  | { kind: 'text' | 'number' | 'boolean' | 'other' }

/** Reads the shape off a zod schema: strict objects, arrays, records and scalars, with any wrapping around them. */
export function shapeOf(schema: z.core.$ZodType): Shape {
  const { def } = (schema as z.core.$ZodTypes)._zod
  const meta = z.globalRegistry.get(schema)
  switch (def.type) {
    case 'optional':
    case 'nonoptional':
    case 'nullable':
    case 'readonly':
    case 'catch':
      return described(meta, { ...shapeOf(def.innerType), optional: def.type !== 'nonoptional' })
    case 'default':
    case 'prefault':
      return described(meta, { ...shapeOf(def.innerType), optional: true, fallback: def.defaultValue })
    case 'pipe':
      // What people write is the near end of the pipe, except where z.preprocess put a function there.
      return described(meta, shapeOf(def.in._zod.def.type === 'transform' ? def.out : def.in))
    default:
      return described(meta, { ...kindOf(def), ...plain })
  }
}

const plain = { description: undefined, optional: false, fallback: undefined, secret: false, merged: false }

function kindOf(def: z.core.$ZodTypes['_zod']['def']): ShapeKind {
  switch (def.type) {
    case 'object':
      return {
        kind: 'section',
        keys: new Map(Object.entries(def.shape).map(([key, inner]) => [key, shapeOf(inner)])),
      }
    case 'array':
      return { kind: 'list', item: shapeOf(def.element) }
    case 'record':
      return { kind: 'map', value: shapeOf(def.valueType) }
    case 'string':
    case 'enum':
    case 'template_literal':
      return { kind: 'text' }
    case 'number':
      return { kind: 'number' }
    case 'boolean':
      return { kind: 'boolean' }
    default:
      return { kind: 'other' }
  }
}

function described(meta: z.core.GlobalMeta | undefined, shape: Shape): Shape {
  return {
    ...shape,
    description: meta?.description ?? shape.description,
    secret: shape.secret || meta?.secret === true,
    merged: shape.merged || meta?.merged === true,
  }
}

/** The shape of the setting at a path, or undefined when the schema knows no such place. */
export function shapeAt(shape: Shape, path: ConfigPath): Shape | undefined {
  const [step, ...rest] = path
  if (step === undefined) return shape
  const next = stepInto(shape, step)
  return next && shapeAt(next, rest)
}

function stepInto(shape: Shape, step: string | number): Shape | undefined {
  if (shape.kind === 'section') return shape.keys.get(String(step))
  if (shape.kind === 'list') return shape.item
  if (shape.kind === 'map') return shape.value
  return undefined
}
