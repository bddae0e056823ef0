/**
 * The remote API's `depth=` and `tree=` queries over exported objects.
 * Rules: jenkinsci/stapler ByDepth.java, NamedPathPruner.java, Model.java; held against recordings of Jenkins 2.498.
 */
export type Value = null | string | number | boolean | Exported | Value[] | { [key: string]: Value }
export type Json = null | string | number | boolean | Json[] | { [key: string]: Json }

interface Shape {
  /** How deep below the queried object fields are still shown without a tree: all, and some of them by name. Default 1. */
  visibility?: number
  visibilityOf?: Record<string, number>
  /** Fields whose objects count as being as deep as their owner. */
  inline?: readonly string[]
}

/** The fields of a kind of objects, each computed from its subject only when a query asks for it. */
export type Fields<T> = Record<string, (subject: T) => Value>

/** An object as the remote API sees it. */
export class Exported {
  /** Shown as `_class`; undefined where Jenkins knows the type from the field that holds it. */
  readonly className: string | undefined
  readonly fields: readonly Field[]
  readonly read: (name: string) => Value

  constructor(className: string | undefined, fields: readonly Field[], read: (name: string) => Value) {
    this.className = className
    this.fields = fields
    this.read = read
  }
}

interface Field {
  name: string
  visibility: number
  isInline: boolean
}

/** Exports a kind of objects. The table is laid out once, so that a thousand objects cost no more than their values. */
export function exporter<T>(
  table: Fields<T>,
  { visibility = 1, visibilityOf = {}, inline = [] }: Shape = {},
): (className: string | undefined, subject: T) => Exported {
  const fields = Object.keys(table).map((name) => ({
    name,
    visibility: visibilityOf[name] ?? visibility,
    isInline: inline.includes(name),
  }))
  return (className, subject) => new Exported(className, fields, (name) => table[name]?.(subject) ?? null)
}

/** Exports an object that is the only one of its kind. */
export function exported(
  className: string | undefined,
  table: Fields<undefined>,
  shape: Shape = {},
): Exported {
  return exporter(table, shape)(className, undefined)
}

/** What `?tree=` and `?depth=` let through; undefined when the tree is malformed. */
export function readQuery(query: URLSearchParams): Pruner | undefined {
  const tree = query.get('tree')
  if (tree === null) return byDepth(1 - (Number.parseInt(query.get('depth') ?? '0', 10) || 0))
  const branches = parseTree(tree)
  return branches && byTree(branches)
}

/** The part of an exported object that the pruner lets through, as plain JSON. */
export function prune(object: Exported, pruner: Pruner): { [key: string]: Json } {
  const json: { [key: string]: Json } = {}
  if (object.className !== undefined) json._class = object.className
  for (const { name, visibility, isInline } of object.fields) {
    const child = pruner.child(name, visibility, isInline)
    if (child) json[name] = plain(object.read(name), child)
  }
  return json
}

export interface Pruner {
  /** How to go on below a field; undefined when the field is not wanted. */
  child(name: string, visibility: number, inline: boolean): Pruner | undefined
  /** Which elements of an array are wanted. */
  readonly range: readonly [number, number]
}

const everything = [0, Number.POSITIVE_INFINITY] as const

function byDepth(level: number): Pruner {
  return {
    range: everything,
    child: (_, visibility, inline) => (visibility < level ? undefined : byDepth(inline ? level : level + 1)),
  }
}

interface Branch {
  range: readonly [number, number]
  children: Map<string, Branch>
}

function byTree(branches: Map<string, Branch>, range: readonly [number, number] = everything): Pruner {
  return {
    range,
    child: (name) => {
      const branch = branches.get(name) ?? branches.get('*')
      return branch && byTree(branch.children, branch.range)
    },
  }
}

function plain(value: Value, pruner: Pruner): Json {
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Exported) return prune(value, pruner)
  if (Array.isArray(value)) return value.slice(...pruner.range).map((item) => plain(item, pruner))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, pruner)]))
}

function parseTree(text: string): Map<string, Branch> | undefined {
  const tokens = text.match(/[^,[\]{}\s]+|[,[\]]|\{\s*\d*\s*(?:,\s*\d*\s*)?\}/g) ?? []
  if (tokens.join('') !== text.replace(/\s/g, '')) return undefined
  const root = new Map<string, Branch>()
  return readBranches(tokens, root) && tokens.length === 0 ? root : undefined
}

/** Consumes tokens up to the closing bracket; false when they make no sense. */
function readBranches(tokens: string[], into: Map<string, Branch>): boolean {
  while (tokens[0] !== undefined && tokens[0] !== ']') {
    const name = tokens.shift() ?? ''
    if (/^[,[{]/.test(name)) return false
    const branch: Branch = into.get(name) ?? { range: everything, children: new Map() }
    into.set(name, branch)
    if (tokens[0] === '[') {
      tokens.shift()
      if (!readBranches(tokens, branch.children) || tokens.shift() !== ']') return false
    }
    if (tokens[0]?.startsWith('{')) branch.range = readRange(tokens.shift() ?? '')
    if (tokens[0] === ',') tokens.shift()
  }
  return true
}

function readRange(text: string): readonly [number, number] {
  const [from = '', to] = text.slice(1, -1).replace(/\s/g, '').split(',')
  if (to === undefined) return [0, Number(from || Number.POSITIVE_INFINITY)]
  return [Number(from), to === '' ? Number.POSITIVE_INFINITY : Number(to)]
}
