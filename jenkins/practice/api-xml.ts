import type { Json } from './tree.ts'
import { escapeXml } from './xml.ts'

/** The remote API's XML form of an exported object. jenkinsci/stapler XMLDataWriter.java. */
export function toApiXml(object: { [key: string]: Json }): string {
  const className = String(object._class ?? 'object')
  const simpleName = className.split(/[.$]/).at(-1) ?? className
  return render(simpleName.charAt(0).toLowerCase() + simpleName.slice(1), object)
}

function render(name: string, value: Json): string {
  if (value === null) return ''
  if (typeof value !== 'object') return `<${name}>${escapeXml(String(value))}</${name}>`
  if (Array.isArray(value)) return value.map((item) => render(singular(name), item)).join('')
  const { _class: className, ...fields } = value
  const attribute = className ? ` _class='${escapeXml(String(className))}'` : ''
  const inner = Object.entries(fields).map(([key, item]) => render(key, item))
  return `<${name}${attribute}>${inner.join('')}</${name}>`
}

function singular(name: string): string {
  return name.endsWith('s') ? name.slice(0, -1) : name
}
