import { stripVTControlCharacters } from 'node:util'

/**
 * Columns without borders, one record a line, so that grep, awk and people read it alike. Colours do not disturb the
 * widths; line breaks and other control characters in a cell become blanks, because cells may come from a remote.
 */
export function table(rows: readonly (readonly string[])[], header?: readonly string[]): string {
  const all = [...(header ? [header.map((title) => title.toUpperCase())] : []), ...rows]
  const lines = all.map((row) => row.map(clean))
  const widths: number[] = []
  for (const line of lines) {
    for (const [column, cell] of line.entries()) widths[column] = Math.max(widths[column] ?? 0, width(cell))
  }
  return lines
    .map((line) => line.map((cell, column) => pad(cell, widths[column] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

/** Colours (ESC [ … m) may stay; whatever else moves the cursor or rings the bell may not. */
function clean(cell: string): string {
  return cell.replace(/\p{Cc}(\[[\d;]*m)?/gu, (control) =>
    control.startsWith('\u001b[') ? control : ` ${control.slice(1)}`,
  )
}

function pad(cell: string, columns: number): string {
  return cell + ' '.repeat(Math.max(0, columns - width(cell)))
}

function width(cell: string): number {
  return [...stripVTControlCharacters(cell)].length
}
