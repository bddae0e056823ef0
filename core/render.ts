import { createRequire } from 'node:module'
import { ConfigError, messageOf } from './errors.ts'
import { checkTemplate, partialsOf } from './template-check.ts'

/** In one file, and without what makes source maps: the package's main module takes several times as long to load. */
const Handlebars: typeof import('handlebars') = createRequire(import.meta.url)(
  'handlebars/dist/handlebars.min.js',
)

/** What a template may see: plain data, nothing of it null or undefined. */
export type Context = Readonly<Record<string, unknown>>

/** Renders the template of a name. Throws ConfigError, which names the template and the line. */
export type Render = (name: string, context: Context) => string

/** Where templates come from. */
export interface TemplateSource {
  /** The text of a template such as `vars/step.groovy.hbs`; undefined when there is none of that name. */
  text(name: string): string | undefined
  /** Where a person finds it, for messages. */
  origin(name: string): string
}

/** Functions that a template may call: each turns one value into text that is safe in one language. */
export type TemplateHelpers = Readonly<Record<string, (value: unknown) => string>>

const builtIn = ['if', 'unless', 'each']

/**
 * A renderer that refuses to guess: nothing is escaped unless a helper says how, every name must be declared in the
 * context, whether it is printed, handed to a helper or only asked for, and no helper exists beyond those given.
 */
export function createRenderer(source: TemplateSource, helpers: TemplateHelpers): Render {
  const environment = Handlebars.create()
  for (const name of Object.keys(environment.helpers)) {
    if (!builtIn.includes(name)) environment.unregisterHelper(name)
  }
  for (const [name, helper] of Object.entries(helpers)) {
    environment.registerHelper(name, (value: unknown) => helper(unwatched(value)))
  }
  const compiled = new Map<string, HandlebarsTemplateDelegate>()
  const prepare = (name: string, context: Context): HandlebarsTemplateDelegate => {
    const known = compiled.get(name)
    if (known) return known
    const tree = environment.parse(textOf(source, name))
    const rules = { helpers: Object.keys(helpers), names: Object.keys(context) }
    checkTemplate(tree, rules)
    for (const partial of partialsOf(tree)) {
      const partialTree = environment.parse(textOf(source, partial))
      checkTemplate(partialTree, rules)
      if (partialsOf(partialTree).length > 0) throw new Error(`${partial} may not include further partials`)
      environment.registerPartial(partial, textOf(source, partial))
    }
    const template = environment.compile(tree, { noEscape: true, strict: true, preventIndent: true })
    compiled.set(name, template)
    return template
  }
  return (name, context) => {
    try {
      return prepare(name, context)(watched(context, 'the context'))
    } catch (error) {
      const names = Object.keys(context).join(', ')
      throw new ConfigError(`${source.origin(name)}: ${messageOf(error).split('\n').join(' ')}`, {
        hint: `it may use ${names} and the helpers ${Object.keys(helpers).join(', ')}`,
        cause: error,
      })
    }
  }
}

function textOf(source: TemplateSource, name: string): string {
  const text = source.text(name)
  if (text === undefined) throw new Error(`there is no template ${name}`)
  return text
}

/** Data that throws when somebody asks for what it does not hold, at any depth: Handlebars would print nothing. */
function watched(value: unknown, path: string): unknown {
  if (value === undefined || value === null || typeof value === 'function') {
    throw new Error(`${path} has no value`)
  }
  if (typeof value !== 'object') return value
  const refuseUnknown = (key: string) => {
    if (!Object.hasOwn(value, key)) throw new Error(`${path} has nothing called ${key}`)
  }
  const proxy = new Proxy(value, {
    has(target, key) {
      if (typeof key === 'string') refuseUnknown(key)
      return Reflect.has(target, key)
    },
    get(target, key, receiver) {
      if (typeof key === 'symbol') return Reflect.get(target, key, receiver)
      refuseUnknown(key)
      return watched(Reflect.get(target, key), `${path}.${key}`)
    },
  })
  originals.set(proxy, value)
  return proxy
}

const originals = new WeakMap<object, unknown>()

/** The data itself, for functions of our own that go through all of it. */
function unwatched(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? originals.get(value) : value
}
