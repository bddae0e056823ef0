/**
 * The labels in the label field of a node, each once. This is not the grammar of expressions: blanks, tabs and line
 * ends separate, single or double quotes group, and a backslash protects a quote, a blank or a backslash, except at the very
 * start of a label. Source: QuotedStringTokenizer.java in jenkinsci/jenkins.
 */
export function splitNodeLabels(text: string): string[] {
  const labels = new Set<string>()
  for (let at = 0; at < text.length; ) {
    if (isSeparator(text[at])) {
      at++
      continue
    }
    const { label, end } = readLabel(text, at)
    if (label !== undefined) labels.add(label)
    at = end
  }
  return [...labels]
}

/** A label field that splitNodeLabels, and Jenkins, read back as exactly these labels. */
export function joinNodeLabels(labels: readonly string[]): string {
  return [...new Set(labels)].map(quoteWhereNeeded).join(' ')
}

function readLabel(text: string, start: number): { label: string | undefined; end: number } {
  let label = ''
  let quote: string | undefined
  let at = start
  for (; at < text.length; at++) {
    const character = text[at] ?? ''
    if (character === '\\' && at > start) {
      const next = text[++at]
      if (next !== undefined) label += isEscapable(next) ? next : `\\${next}`
    } else if (quote !== undefined) {
      if (character === quote) quote = undefined
      else label += character
    } else if (character === '"' || character === "'") quote = character
    else if (isSeparator(character)) break
    else label += character
  }
  // A lone quote at the very end opens nothing and is no label.
  const isLoneQuote = quote !== undefined && at === start + 1
  return { label: isLoneQuote ? undefined : label, end: at }
}

function isSeparator(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\n' || character === '\r'
}

function isEscapable(character: string): boolean {
  return character === '\\' || character === '"' || character === "'" || character === ' '
}

function quoteWhereNeeded(label: string): string {
  if (/^[^\s"'\\]+$/.test(label)) return label
  return `"${label.replace(/["\\]/g, '\\$&')}"`
}
