/** A piece of text in Groovy source. */
export interface Literal {
  start: number
  end: number
  /** Whether `$` in it means something. */
  interpolates: boolean
  text: string
}

export interface Blanked {
  /** The source with every comment and the inside of every text replaced by blanks; offsets and lines stay the same. */
  code: string
  literals: Literal[]
}

const delimiters = [
  { open: "'''", close: "'''", interpolates: false },
  { open: '"""', close: '"""', interpolates: true },
  { open: "'", close: "'", interpolates: false },
  { open: '"', close: '"', interpolates: true },
] as const

/** Takes comments and text out of Groovy source, so that rules about code do not stumble over words. */
export function blankGroovy(source: string): Blanked {
  const literals: Literal[] = []
  const code = source.split('')
  let at = 0
  const blank = (start: number, end: number) => {
    for (let index = start; index < end; index++) if (code[index] !== '\n') code[index] = ' '
  }
  while (at < source.length) {
    const commentEnd = endOfComment(source, at)
    if (commentEnd !== undefined) {
      blank(at, commentEnd)
      at = commentEnd
      continue
    }
    const literal = literalAt(source, at)
    if (!literal) {
      at++
      continue
    }
    literals.push(literal.found)
    blank(at + literal.width, literal.found.end - literal.width)
    at = literal.found.end
  }
  return { code: code.join(''), literals }
}

function endOfComment(source: string, at: number): number | undefined {
  if (source.startsWith('//', at)) return endingWith(source, '\n', at)
  if (source.startsWith('/*', at)) return endingWith(source, '*/', at + 2, 2)
  return at === 0 && source.startsWith('#!') ? endingWith(source, '\n', at) : undefined
}

function endingWith(source: string, end: string, from: number, width = 0): number {
  const found = source.indexOf(end, from)
  return found < 0 ? source.length : found + width
}

function literalAt(source: string, at: number): { found: Literal; width: number } | undefined {
  const delimiter = delimiters.find(({ open }) => source.startsWith(open, at))
  if (delimiter) {
    const { open, close, interpolates } = delimiter
    const end = closing(source, at + open.length, close)
    const text = source.slice(at + open.length, end - close.length)
    return { found: { start: at, end, interpolates, text }, width: open.length }
  }
  if (source[at] !== '/' || !isSlashyStart(source, at)) return undefined
  const end = closing(source, at + 1, '/')
  return { found: { start: at, end, interpolates: true, text: source.slice(at + 1, end - 1) }, width: 1 }
}

function closing(source: string, from: number, close: string): number {
  for (let at = from; at < source.length; at++) {
    if (source[at] === '\\') at++
    else if (source.startsWith(close, at)) return at + close.length
  }
  return source.length
}

/** A slash begins a text where no operand stands before it; elsewhere it divides. */
function isSlashyStart(source: string, at: number): boolean {
  const before = source.slice(0, at).trimEnd()
  return before === '' || /[(,=[!&|?{};:~]$|\breturn$/.test(before)
}
