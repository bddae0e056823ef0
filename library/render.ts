import { quoteShell } from '../core/quote.ts'
import {
  createRenderer as createWith,
  type Render,
  type TemplateHelpers,
  type TemplateSource,
} from '../core/render.ts'
import { markdownCode, markdownText, xmlText } from './escape.ts'
import { groovyLiteral } from './groovy.ts'

export type { Context, Render, TemplateSource } from '../core/render.ts'

/** The only functions that a template may call: each turns one value into text that is safe in one language. */
export const helpers: TemplateHelpers = {
  /** A literal: text in single quotes, numbers, lists and maps. */
  groovy: (value) => groovyLiteral(value),
  /** One word of a command line. */
  shell: (value) => quoteShell([String(value)]),
  xml: (value) => xmlText(String(value)),
  markdown: (value) => markdownText(String(value)),
  code: (value) => markdownCode(String(value)),
  json: (value) => JSON.stringify(value),
  /** One line inside a comment of Groovy, YAML or a shell: it cannot end the comment. */
  comment: (value) => String(value).replace(/\s+/g, ' ').replaceAll('*/', '* /').replaceAll('\\', '/'),
}

/** A renderer for the files of a library. */
export function createRenderer(source: TemplateSource): Render {
  return createWith(source, helpers)
}
