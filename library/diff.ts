import { type Edit, editsBetween } from './edit-script.ts'

/** Unchanged lines that are shown around a change. */
const context = 3

/**
 * What has to be done to one text to get the other, as `diff -u` shows it; empty when they are the same.
 * A text that is undefined stands for a file that is not there.
 */
export function unifiedDiff(path: string, before: string | undefined, after: string | undefined): string {
  if (before === after) return ''
  const edits = editsBetween(linesOf(before ?? ''), linesOf(after ?? ''))
  return [
    `--- ${before === undefined ? '/dev/null' : `a/${path}`}`,
    `+++ ${after === undefined ? '/dev/null' : `b/${path}`}`,
    ...hunksOf(edits).flatMap(([start, end]) => formatHunk(edits, start, end)),
    '',
  ].join('\n')
}

function linesOf(text: string): string[] {
  if (text === '') return []
  const lines = text.split('\n')
  const last = lines.pop()
  return last === '' ? lines : [...lines, `${last}\n\\ No newline at end of file`]
}

/** The parts that are shown: each change with the lines around it, neighbours as one. */
function hunksOf(edits: readonly Edit[]): [start: number, end: number][] {
  const hunks: [number, number][] = []
  for (const [index, { mark }] of edits.entries()) {
    if (mark === ' ') continue
    const end = Math.min(edits.length, index + context + 1)
    const last = hunks.at(-1)
    if (last && index - context <= last[1]) last[1] = end
    else hunks.push([Math.max(0, index - context), end])
  }
  return hunks
}

function formatHunk(edits: readonly Edit[], start: number, end: number): string[] {
  const above = edits.slice(0, start)
  const shown = edits.slice(start, end)
  const range = (mark: Edit['mark']) => {
    const length = shown.filter((edit) => edit.mark !== mark).length
    const before = above.filter((edit) => edit.mark !== mark).length
    return `${length === 0 ? before : before + 1},${length}`
  }
  return [`@@ -${range('+')} +${range('-')} @@`, ...shown.map(({ mark, line }) => `${mark}${line}`)]
}
