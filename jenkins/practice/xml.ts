import { XMLParser, XMLValidator } from 'fast-xml-parser'

/** An element of a configuration file. There is no mixed content: it has children, or text, or neither. */
export interface XmlElement {
  name: string
  attributes: Record<string, string>
  children: XmlElement[]
  /** Undefined renders as `<name/>`, the empty text as `<name></name>`. */
  text: string | undefined
}

export function element(name: string, content: string | XmlElement[] = [], attributes = {}): XmlElement {
  const isText = typeof content === 'string'
  return { name, attributes, children: isText ? [] : content, text: isText ? content : undefined }
}

/** The root element, or undefined when the text is no XML. */
export function parseXml(text: string): XmlElement | undefined {
  if (XMLValidator.validate(text) !== true) return undefined
  const nodes: unknown = parser.parse(text)
  return toElements(nodes)[0]
}

/** As XStream writes it: declaration, two blanks of indent, no final newline. */
export function renderXml(root: XmlElement): string {
  return `<?xml version="1.1" encoding="UTF-8"?>\n${renderElement(root, '')}`
}

export function childOf(parent: XmlElement, name: string): XmlElement | undefined {
  return parent.children.find((child) => child.name === name)
}

/** A child's text; '' when it is empty, undefined when there is no such child. */
export function textOf(parent: XmlElement, name: string): string | undefined {
  const child = childOf(parent, name)
  return child && (child.text ?? '')
}

export function escapeXml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&apos;',
    '\r': '&#xd;',
  }
  return text.replace(/[&<>"'\r]/g, (char) => entities[char] ?? char)
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  htmlEntities: true,
})

/** The parser's ordered form is `[{ name: children, ':@': attributes }, { '#text': text }]`. */
function toElements(nodes: unknown): XmlElement[] {
  return asRecords(nodes).flatMap((node) => {
    const name = Object.keys(node).find((key) => key !== ':@')
    if (name === undefined || name.startsWith('#') || name.startsWith('?')) return []
    const inner = node[name]
    const children = toElements(inner)
    const text = asRecords(inner).map((child) => child['#text'] ?? '')
    const attributes = Object.entries(Object(node[':@'])).map(([key, value]) => [key, String(value)])
    return {
      name,
      attributes: Object.fromEntries(attributes),
      children,
      text: children.length > 0 || text.length === 0 ? undefined : text.join(''),
    }
  })
}

function asRecords(nodes: unknown): Record<string, unknown>[] {
  return Array.isArray(nodes) ? nodes : []
}

function renderElement(item: XmlElement, indent: string): string {
  const attributes = Object.entries(item.attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`)
  const open = `${indent}<${item.name}${attributes.join('')}`
  if (item.children.length > 0) {
    const children = item.children.map((child) => renderElement(child, `${indent}  `))
    return [`${open}>`, ...children, `${indent}</${item.name}>`].join('\n')
  }
  return item.text === undefined ? `${open}/>` : `${open}>${escapeXml(item.text)}</${item.name}>`
}
