/** What Jenkins says about a queue item that waits. Labels and names are as Jenkins prints them. */
export type Why =
  /** No node and no cloud has the label. */
  | { kind: 'no-node'; label: string }
  | { kind: 'all-offline'; label: string }
  /** All that could take it are busy: a label, or the name of the only node that has the label. */
  | { kind: 'busy'; nameOrLabel: string }
  /** The only node with the label. */
  | { kind: 'offline'; node: string }
  | { kind: 'lacks-label'; nodes: string[]; label: string }
  /** The build names no label, and these nodes take only builds that do. */
  | { kind: 'reserved'; nodes: string[] }
  | { kind: 'not-accepting'; nodes: string[] }
  | { kind: 'permission'; nodes: string[]; user: string }
  /** No label, or one that Jenkins does not tell because no agent is registered. */
  | { kind: 'any-executor' }
  | { kind: 'quiet-period' }
  | { kind: 'shutting-down' }
  | { kind: 'blocked-by-build' }
  | { kind: 'throttled' }
  /** Different nodes refuse for different reasons, none of which names the label. */
  | { kind: 'several'; reasons: Why[] }
  | { kind: 'unknown'; text: string }

/**
 * Reads the English sentence in which Jenkins explains a wait; what it cannot read is `unknown`, never a guess.
 * Sources: Messages.properties, CauseOfBlockage.java and CompositeCauseOfBlockage.java in jenkinsci/jenkins from 1.500 on,
 * and recordings of Jenkins 2.498.
 */
export function readWhy(sentence: string): Why {
  const reasons = splitReasons(sentence.trim())
  const lacking = reasons.filter((reason) => reason.kind === 'lacks-label')
  const [lacked] = lacking
  if (lacked && lacking.every(({ label }) => label === lacked.label)) {
    return { ...lacked, nodes: nodesOf(lacking) }
  }
  const [first] = reasons
  if (!first) return { kind: 'unknown', text: sentence }
  if (reasons.length === 1) return first
  const isUniform = reasons.every((reason) => reason.kind === first.kind)
  if (isUniform && 'nodes' in first && !lacked) return { ...first, nodes: nodesOf(reasons) }
  return { kind: 'several', reasons }
}

/** How many pieces one reason may have. */
const mostPieces = 8

type Reader = (text: string) => Why | undefined

/** Each knows one sentence. Names stood without quotes before Jenkins 2.125. */
const readers: readonly Reader[] = [
  sentence(/^There are no nodes with the label (.+)$/s, (label) => ({ kind: 'no-node', label })),
  sentence(/^All nodes of label (.+) are offline$/s, (label) => ({ kind: 'all-offline', label })),
  sentence(/^Waiting for next available executor on (.+)$/s, (nameOrLabel) => ({
    kind: 'busy',
    nameOrLabel,
  })),
  fixed(/^Waiting for next available executor$/, { kind: 'any-executor' }),
  fixed(/^In the quiet period\. Expires in |^Finished waiting$/, { kind: 'quiet-period' }),
  fixed(/^(?:Jenkins|Hudson) is about to shut down/, { kind: 'shutting-down' }),
  fixed(/^Build #\d+ is already in progress/, { kind: 'blocked-by-build' }),
  fixed(/^A build is already in progress$|^Blocked by /, { kind: 'blocked-by-build' }),
  fixed(/^(?:Upstream|Downstream) project .* is already building\.$/, { kind: 'blocked-by-build' }),
  fixed(/^Build throttle expires at /, { kind: 'throttled' }),
  sentence(/^(.+?) doesn[’']t have label (.+)$/s, (node, label) => ({
    kind: 'lacks-label',
    nodes: [node],
    label,
  })),
  sentence(/^(.+) is reserved for jobs with matching label expression$/, (node) => ({
    kind: 'reserved',
    nodes: [node],
  })),
  sentence(/^(.+) is not accepting tasks$/, (node) => ({ kind: 'not-accepting', nodes: [node] })),
  sentence(/^(.+?) lacks permission to run on (.+)$/, (user, node) => ({
    kind: 'permission',
    nodes: [node],
    user,
  })),
  sentence(/^(.+) is offline$/, (node) => ({ kind: 'offline', node })),
]

function fixed(pattern: RegExp, why: Why): Reader {
  return (text) => (pattern.test(text) ? why : undefined)
}

/** A sentence whose gaps are names, with quotes around each or without. */
function sentence(pattern: RegExp, make: (first: string, second: string) => Why): Reader {
  return (text) => {
    const [, first, second = ''] = pattern.exec(text) ?? []
    if (first === undefined) return undefined
    const [firstName, secondName] = [unquote(first), unquote(second)]
    return firstName === undefined || secondName === undefined ? undefined : make(firstName, secondName)
  }
}

const closingQuotes: Record<string, string> = { '‘': '’', "'": "'", '"': '"', '“': '”' }

/** The name within its quotes, the text itself when it has none, undefined when only one of the two is there. */
function unquote(text: string): string | undefined {
  const closing = closingQuotes[text[0] ?? '']
  if (closing !== undefined) return text.length > 1 && text.endsWith(closing) ? text.slice(1, -1) : undefined
  return text.endsWith('’') ? undefined : text
}

/**
 * Reasons of several nodes are joined by `; `, at most five since Jenkins 2.542. A label may hold `; ` too: a piece that
 * says nothing by itself is tried together with those that follow.
 */
function splitReasons(text: string): Why[] {
  const pieces = text.replace(/; \.\.\. and \d+ more$/, '').split('; ')
  const reasons: Why[] = []
  for (let at = 0; at < pieces.length; ) {
    const { reason, length } = readAt(pieces, at)
    reasons.push(reason)
    at += length
  }
  return reasons
}

function readAt(pieces: readonly string[], at: number): { reason: Why; length: number } {
  for (let length = 1; length <= mostPieces && at + length <= pieces.length; length++) {
    const text = pieces.slice(at, at + length).join('; ')
    for (const read of readers) {
      const reason = read(text)
      if (reason) return { reason, length }
    }
  }
  return { reason: { kind: 'unknown', text: pieces[at] ?? '' }, length: 1 }
}

function nodesOf(reasons: readonly Why[]): string[] {
  return reasons.flatMap((reason) => ('nodes' in reason ? reason.nodes : []))
}
