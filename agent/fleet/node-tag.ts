import type { Size } from '../world.ts'

/** What a machine tells all others about itself, in the description of each of its nodes. */
export interface NodeTag {
  /** The machine's random id. */
  id: string
  /** Its name. */
  machine: string
  /** What it lends when nothing runs. */
  budget: Size
  /** Most containers at a time. */
  slots: number
  /** For each template the labels that are true of its containers. */
  features: string[][]
}

const mebibyte = 2 ** 20

/**
 * A node description for people, with a tag for other laptops at its end:
 * `Lent by ann … [footman id=1f machine=ann cpus=8 memory=16384M slots=4 features=linux,amd64|linux,chrome]`.
 */
export function formatNodeDescription(tag: NodeTag): string {
  const { cpus, memoryBytes } = tag.budget
  const features = tag.features.map((set) => set.map(encode).join(',')).join('|')
  const memory = `${Math.floor(memoryBytes / mebibyte)}M`
  return (
    `Lent by ${tag.machine}: a container starts here when a build asks for it. ` +
    `[footman id=${encode(tag.id)} machine=${encode(tag.machine)} cpus=${cpus} memory=${memory} ` +
    `slots=${tag.slots} features=${features}]`
  )
}

/** All nodes of a laptop are described alike, and every look at the controller brings them again. */
const known = new Map<string, NodeTag | undefined>()
const mostKnown = 4000

/** The tag of a node, or undefined when the node is not one of a footman. */
export function tagOf({ description }: Readonly<{ description: string }>): NodeTag | undefined {
  const before = known.get(description)
  if (before || known.has(description)) return before
  if (known.size >= mostKnown) known.clear()
  const tag = parseNodeDescription(description)
  known.set(description, tag)
  return tag
}

/** What the tag in a node's description says, or undefined when the node is not one of a footman. */
export function parseNodeDescription(description: string): NodeTag | undefined {
  const text = /\[footman( [^\]]*)\]/.exec(description)?.[1]
  if (text === undefined) return undefined
  const id = decode(fieldOf(text, 'id'))
  const machine = decode(fieldOf(text, 'machine'))
  const cpus = Number(fieldOf(text, 'cpus'))
  const memory = Number(/^(\d+)M$/.exec(fieldOf(text, 'memory'))?.[1])
  const slots = Number(fieldOf(text, 'slots') || 1)
  if (!id || !machine || !(cpus > 0) || !(memory > 0) || !(slots > 0)) return undefined
  const features = fieldOf(text, 'features')
    .split('|')
    .map((set) => set.split(',').flatMap((feature) => decode(feature) || []))
  return { id, machine, budget: { cpus, memoryBytes: memory * mebibyte }, slots, features }
}

/** A thousand laptops mean thousands of tags in each look: this is quicker than taking the text apart. */
function fieldOf(text: string, name: string): string {
  const start = text.indexOf(` ${name}=`)
  if (start < 0) return ''
  const from = start + name.length + 2
  const end = text.indexOf(' ', from)
  return end < 0 ? text.slice(from) : text.slice(from, end)
}

/** Percent-encodes whatever could be taken for the tag's own punctuation. */
function encode(text: string): string {
  return text.replace(/[^\p{L}\p{N}_.:+/*@~-]/gu, (character) => encodeURIComponent(character))
}

function decode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
