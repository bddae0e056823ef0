/** One line of a difference: kept, taken out or put in. */
export interface Edit {
  mark: ' ' | '-' | '+'
  line: string
}

/** Beyond so many changes the shortest way is not worth its time: everything out, everything in. */
const mostChanges = 800

/** A short way from one list of lines to the other. */
export function editsBetween(from: readonly string[], to: readonly string[]): Edit[] {
  let head = 0
  while (head < from.length && head < to.length && from[head] === to[head]) head++
  let tail = 0
  const shorter = Math.min(from.length, to.length) - head
  while (tail < shorter && from[from.length - 1 - tail] === to[to.length - 1 - tail]) tail++
  const out = from.slice(head, from.length - tail)
  const into = to.slice(head, to.length - tail)
  return [
    ...marked(' ', from.slice(0, head)),
    ...(shortest(out, into) ?? [...marked('-', out), ...marked('+', into)]),
    ...marked(' ', from.slice(from.length - tail)),
  ]
}

function marked(mark: Edit['mark'], lines: readonly string[]): Edit[] {
  return lines.map((line) => ({ mark, line }))
}

/** The shortest way: E. W. Myers, An O(ND) Difference Algorithm and Its Variations, 1986. */
function shortest(from: readonly string[], to: readonly string[]): Edit[] | undefined {
  if (from.length === 0 || to.length === 0) return undefined
  /** How far each diagonal was reached, before each number of changes. */
  const trace: Map<number, number>[] = []
  let reached = new Map([[1, 0]])
  for (let changes = 0; changes <= mostChanges; changes++) {
    trace.push(reached)
    const next = new Map<number, number>(reached)
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      const isDown = comesFromAbove(reached, diagonal, changes)
      let x = isDown ? (reached.get(diagonal + 1) ?? 0) : (reached.get(diagonal - 1) ?? 0) + 1
      while (x < from.length && x - diagonal < to.length && from[x] === to[x - diagonal]) x++
      next.set(diagonal, x)
      if (x >= from.length && x - diagonal >= to.length) return walkBack(trace, from, to)
    }
    reached = next
  }
  return undefined
}

function comesFromAbove(reached: ReadonlyMap<number, number>, diagonal: number, changes: number): boolean {
  if (diagonal === -changes) return true
  return diagonal !== changes && (reached.get(diagonal - 1) ?? -1) < (reached.get(diagonal + 1) ?? -1)
}

function walkBack(
  trace: readonly ReadonlyMap<number, number>[],
  from: readonly string[],
  to: readonly string[],
): Edit[] {
  const edits: Edit[] = []
  let x = from.length
  let y = to.length
  for (const [changes, reached] of [...trace.entries()].toReversed()) {
    const isDown = comesFromAbove(reached, x - y, changes)
    const beforeX = reached.get(isDown ? x - y + 1 : x - y - 1) ?? 0
    const beforeY = isDown ? beforeX - (x - y + 1) : beforeX - (x - y - 1)
    while (x > beforeX && y > beforeY && x > 0 && y > 0) {
      x--
      y--
      edits.push({ mark: ' ', line: from[x] ?? '' })
    }
    if (changes === 0) break
    if (isDown) {
      y--
      edits.push({ mark: '+', line: to[y] ?? '' })
    } else {
      x--
      edits.push({ mark: '-', line: from[x] ?? '' })
    }
  }
  return edits.toReversed()
}
