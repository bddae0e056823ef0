import type { Parameter, Return } from './definition.ts'

/** What a parameter takes, in a few words for a table: `a duration such as 90s, 5m or 1h30m`, `true or false`. */
export function takenBy(parameter: Parameter): string {
  const unit = parameter.unit ? `, in ${parameter.unit}` : ''
  switch (parameter.type) {
    case 'string':
      return `${parameter.rule.expects}${unit}`
    case 'text':
      return 'a text, line breaks included'
    case 'boolean':
      return 'true or false'
    case 'integer':
      return `a whole number from ${parameter.minimum} to ${parameter.maximum}${unit}`
    case 'choice':
      return `one of ${parameter.choices.join(', ')}`
    case 'list':
      return `a list, each item ${parameter.rule.expects}`
    case 'map':
      return `a map, each key ${parameter.keyRule.expects}, each value ${parameter.rule.expects}`
    case 'command':
      return 'a text for bash, or a list of words'
    case 'credentials':
      return `the id of a credential in Jenkins: ${credentialWords[parameter.kind]}`
  }
}

const credentialWords = {
  usernamePassword: 'user name with password',
  secretText: 'secret text',
  secretFile: 'secret file',
  sshKey: 'SSH user name with private key',
} as const

/** What stands for a parameter that is not given, as one would write it in Groovy; undefined when nothing does. */
export function defaultText(parameter: Parameter): string | undefined {
  if (!('default' in parameter) || parameter.default === undefined) return undefined
  const { default: value } = parameter
  if (Array.isArray(value)) return `[${value.map((item) => `'${item}'`).join(', ')}]`
  if (typeof value !== 'object') return typeof value === 'string' ? `'${value}'` : String(value)
  const entries = Object.entries(value).map(([key, item]) => `${key}: '${item}'`)
  return `[${entries.join(', ') || ':'}]`
}

/** What a result is, in a few words. */
export function resultFacts({ type, unit }: Return): string {
  const words = {
    string: 'text',
    integer: 'a whole number',
    boolean: 'true or false',
    list: 'a list of text',
  }
  return unit ? `${words[type]}, in ${unit}` : words[type]
}

/** The type under which an editor knows a parameter. */
export function javaType(parameter: Parameter): string {
  switch (parameter.type) {
    case 'boolean':
      return 'boolean'
    case 'integer':
      return 'int'
    case 'list':
      return 'List'
    case 'map':
      return 'Map'
    case 'command':
      return 'Object'
    default:
      return 'String'
  }
}
