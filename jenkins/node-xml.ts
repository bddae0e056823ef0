import { createRequire } from 'node:module'
import type * as FastXmlParser from 'fast-xml-parser'
import { RemoteError } from '../core/errors.ts'
import type { NodeChange, NodeLauncher } from './jenkins.ts'
import { inboundClass, type LauncherElement, launcherElement } from './launcher-xml.ts'

/** An element, text, comment or CDATA as fast-xml-parser keeps it in order: one key with the content, and `:@` with the attributes. */
type XmlPart = Record<string, unknown>

const markup = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  commentPropName: '#comment',
  cdataPropName: '#cdata',
  // Entities pass through as they are written: decoding and encoding again could change them.
  processEntities: false,
}

/**
 * A node's config.xml with the change made, or undefined when it says all that already. Everything else survives: elements of
 * plugins that we have never heard of, comments, the XML 1.1 declaration. Throws RemoteError `broken` when the text is not the
 * configuration of a node, or has no executor: Jenkins would take a posted node without `numExecutors` and lose it, still
 * holding its name (recorded from Jenkins 2.498).
 */
export async function changeNodeXml(xml: string, change: NodeChange): Promise<string | undefined> {
  const { declaration, parts, root, build } = parse(xml)
  if (!(Number(textOf(root, 'numExecutors')) >= 1)) throw notANode('it names no executor')

  const changes = [
    change.labels !== undefined && setText(root, 'label', joinLabels(change.labels)),
    change.description !== undefined && setText(root, 'description', change.description),
    change.mode !== undefined && setText(root, 'mode', change.mode.toUpperCase()),
    change.launcher !== undefined && setLauncher(root, change.launcher),
    change.clearOfflineMark === true && removeChild(root, 'temporaryOfflineCause'),
  ]
  return changes.includes(true) ? declaration + build(parts) : undefined
}

/**
 * Labels as one text that Jenkins splits into the same labels again: blanks separate, double quotes hold together
 * (jenkinsci/jenkins QuotedStringTokenizer.java).
 */
export function joinLabels(labels: readonly string[]): string {
  return labels
    .map((label) => (/[\s"'\\]/.test(label) ? `"${label.replace(/["\\]/g, '\\$&')}"` : label))
    .join(' ')
}

const require = createRequire(import.meta.url)

function parse(xml: string) {
  // On demand, as an idle daemon changes no node; by `require`, because it then comes as one file that takes 3 MB less.
  const { XMLBuilder, XMLParser, XMLValidator }: typeof FastXmlParser = require('fast-xml-parser')
  const verdict = XMLValidator.validate(xml)
  if (verdict !== true) throw notANode(verdict.err.msg)

  // The parser drops the line break after the declaration, so the declaration is kept as it stands.
  const declaration = /^\s*(?:<\?xml[^>]*\?>\s*)?/.exec(xml)?.[0] ?? ''
  const parser = new XMLParser({
    ...markup,
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    strictReservedNames: false,
  })
  const builder = new XMLBuilder({ ...markup, suppressEmptyNode: true, suppressBooleanAttributes: false })
  let parts: XmlPart[]
  try {
    parts = parser.parse(xml.slice(declaration.length)) as XmlPart[]
  } catch (cause) {
    throw notANode('it cannot be read', cause)
  }
  const elements = parts.filter((part) => !nameOf(part).startsWith('#') && !nameOf(part).startsWith('?'))
  const root = elements[0] && children(elements[0])
  if (!root || elements.length > 1) throw notANode('it has not one root element')
  return { declaration, parts, root, build: (all: XmlPart[]): string => builder.build(all) }
}

/** Sets the text of a child element, made when missing; tells whether that changed anything. */
function setText(root: XmlPart[], name: string, text: string): boolean {
  if (textOf(root, name) === text) return false
  const content = text === '' ? [] : [{ '#text': escapeText(text) }]
  const present = root.find((part) => nameOf(part) === name)
  if (present) present[name] = content
  else root.unshift({ '#text': '\n  ' }, { [name]: content })
  return true
}

/** Replaces the launcher, unless it says the same already: settings that we do not know stay then. */
function setLauncher(root: XmlPart[], launcher: NodeLauncher): boolean {
  const index = root.findIndex((part) => nameOf(part) === 'launcher')
  const present = root[index]
  if (launcher.kind === 'inbound' && present && isInbound(present, launcher.webSocket)) return false
  const part = toPart(launcherElement(launcher))
  if (present) root.splice(index, 1, part)
  else root.unshift({ '#text': '\n  ' }, part)
  return true
}

function isInbound(launcher: XmlPart, webSocket: boolean): boolean {
  const attributes: unknown = launcher[':@']
  const isSaid = textOf(children(launcher), 'webSocket') === String(webSocket)
  return Object(attributes).class === inboundClass && isSaid
}

function toPart({ name, attributes, content }: LauncherElement): XmlPart {
  const inner =
    typeof content === 'string' ? [{ '#text': escapeText(content) }] : content.map((one) => toPart(one))
  return { [name]: inner, ...(attributes && { ':@': attributes }) }
}

function removeChild(root: XmlPart[], name: string): boolean {
  const index = root.findIndex((part) => nameOf(part) === name)
  if (index < 0) return false
  const before = root[index - 1]?.['#text']
  const hasIndent = typeof before === 'string' && before.trim() === ''
  root.splice(hasIndent ? index - 1 : index, hasIndent ? 2 : 1)
  return true
}

/** Text of a child element with its entities resolved; undefined when there is no such child, '' when it is empty. */
function textOf(root: XmlPart[], name: string): string | undefined {
  const element = root.find((part) => nameOf(part) === name)
  if (!element) return undefined
  return children(element)
    .map((part) => (typeof part['#text'] === 'string' ? unescapeText(part['#text']) : cdataOf(part)))
    .join('')
}

function cdataOf(part: XmlPart): string {
  return Array.isArray(part['#cdata'])
    ? part['#cdata'].map((inner) => String(inner['#text'] ?? '')).join('')
    : ''
}

function nameOf(part: XmlPart): string {
  return Object.keys(part).find((key) => key !== ':@') ?? ''
}

function children(element: XmlPart): XmlPart[] {
  const content = element[nameOf(element)]
  return Array.isArray(content) ? content : []
}

const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function unescapeText(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return named[name] ?? whole
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}

/** XML 1.1 wants control characters as references and has no way to write NUL. */
export function escapeText(text: string): string {
  return text.replace(/[&<>\r]|[^\P{Cc}\t\n]/gu, (character) => {
    if (character === '\0') return ''
    if (character === '&') return '&amp;'
    if (character === '<') return '&lt;'
    if (character === '>') return '&gt;'
    return `&#x${character.charCodeAt(0).toString(16)};`
  })
}

function notANode(reason: string, cause?: unknown): RemoteError {
  return new RemoteError('broken', `Jenkins gave a config.xml that is no node configuration: ${reason}`, {
    hint: 'look at the config.xml of that node in a browser; a proxy may have changed it on the way',
    cause,
  })
}
