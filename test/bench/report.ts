import { table } from '../../core/table.ts'
import { type Figure, isMissed, ratioOf, type Target } from './bench.ts'

export interface Measured {
  bench: string
  figures: Figure[]
  /** Why nothing was measured. */
  leftOut?: string
  /** What went wrong instead. */
  failure?: string
}

/** The figures for people, one a line. */
export function reportText(measured: readonly Measured[]): string {
  const rows = measured.flatMap(({ bench, figures }) =>
    figures.map((figure) => [
      bench,
      figure.what,
      number(figure.value),
      figure.unit,
      figure.target ? targetText(figure.target) : '',
      figure.target ? (isMissed(figure) ? 'MISSED' : 'ok') : '',
      ratioText(figure),
    ]),
  )
  const header = ['benchmark', 'figure', 'value', 'unit', 'target', 'result', 'compared with']
  const remarks = measured.flatMap(({ bench, leftOut, failure }) => [
    ...(leftOut ? [`${bench}: not measured, ${leftOut}\n`] : []),
    ...(failure ? [`${bench}: FAILED, ${failure}\n`] : []),
  ])
  return `${table(rows, header)}${remarks.join('')}`
}

/** The same for programs. */
export function reportJson(measured: readonly Measured[]): string {
  const figures = measured.flatMap(({ bench, figures }) =>
    figures.map((figure) => ({ bench, ...figure, missed: isMissed(figure), ratio: ratioOf(figure) })),
  )
  const leftOut = measured.flatMap(({ bench, leftOut }) => (leftOut ? { bench, because: leftOut } : []))
  const failed = measured.flatMap(({ bench, failure }) => (failure ? { bench, because: failure } : []))
  return `${JSON.stringify({ figures, leftOut, failed }, undefined, 2)}\n`
}

function targetText(target: Target): string {
  return 'atMost' in target ? `<= ${number(target.atMost)}` : `>= ${number(target.atLeast)}`
}

function ratioText(figure: Figure): string {
  const ratio = ratioOf(figure)
  if (ratio === undefined || !figure.baseline) return ''
  return `${number(ratio)} x ${figure.baseline.what} (${number(figure.baseline.value)})`
}

/** Three digits are more than any of these measurements repeats. */
function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return Number(value.toFixed(digits)).toLocaleString('en')
}
