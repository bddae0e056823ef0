/**
 * A Groovy literal for plain data: text, numbers, truth values, lists and maps, laid out over lines where it is long.
 * Pure ASCII, and safe from Groovy's habit of reading backslash-u anywhere in a file as a character.
 * Throws TypeError on anything else: null, undefined and functions have no business in generated code.
 */
export function groovyLiteral(value: unknown, indent = '    '): string {
  if (typeof value === 'string') return groovyText(value)
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number' && Number.isSafeInteger(value)) return groovyInteger(value)
  if (Array.isArray(value)) {
    return bracketed(
      value.map((item) => groovyLiteral(item, `${indent}    `)),
      indent,
    )
  }
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value)
    if (entries.length === 0) return '[:]'
    return bracketed(
      entries.map(([key, item]) => `${groovyKey(key)}: ${groovyLiteral(item, `${indent}    `)}`),
      indent,
    )
  }
  throw new TypeError(`${typeof value} cannot be written in Groovy`)
}

/** Text in single quotes: nothing in it is interpolated. */
export function groovyText(text: string): string {
  return `'${text.replace(/[^ -~]|['\\]/g, groovyCharacter)}'`
}

const named: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

function groovyCharacter(character: string): string {
  return named[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Groovy's plain integers have 32 bits. */
function groovyInteger(value: number): string {
  return Math.abs(value) > 2 ** 31 - 1 ? `${value}L` : String(value)
}

/** Words of the language may be keys, but not every highlighter knows. */
function groovyKey(key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) && key !== 'default' ? key : groovyText(key)
}

function bracketed(items: readonly string[], indent: string): string {
  const line = `[${items.join(', ')}]`
  if (line.length + indent.length <= 110 && !line.includes('\n')) return line
  const inner = `${indent}    `
  return `[\n${items.map((item) => `${inner}${item},\n`).join('')}${indent}]`
}
