import { nearest } from '../../core/nearest.ts'
import { type Values, valueNames } from './values.ts'

const placeholder = /\{\{\s*([^{}]*?)\s*\}\}/g

/** The text with every `{{name}}` replaced by its value, escaped so that it stays inside a JSON string. No logic. Pure. */
export function fillTemplate(template: string, values: Values): string {
  return template.replace(placeholder, (whole, name: string) => {
    const value = isName(name) ? values[name] : undefined
    return value === undefined ? whole : JSON.stringify(value).slice(1, -1)
  })
}

/** What is wrong with a template: names that there are not, and text that is no JSON once it is filled in. */
export function templateProblems(template: string): string[] {
  const unknown = [...template.matchAll(placeholder)]
    .map(([, name = '']) => name)
    .filter((name) => !isName(name))
  if (unknown.length > 0) {
    return [...new Set(unknown)].map((name) => {
      const guess = nearest(name, valueNames)
      return `{{${name}}} is nothing that can be told${guess ? `; did you mean {{${guess}}}?` : ''}`
    })
  }
  try {
    JSON.parse(template.replace(placeholder, 'x'))
    return []
  } catch {
    return ['it is no JSON once the values are filled in; put each {{…}} between double quotes']
  }
}

function isName(name: string): name is keyof Values {
  return valueNames.some((known) => known === name)
}
