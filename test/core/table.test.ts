import { expect, it } from 'vitest'
import { table } from '../../core/table.ts'

it('aligns columns by the widest cell and leaves no blanks at the end of lines', () => {
  expect(
    table(
      [
        ['a', 'long cell', 'x'],
        ['longer', 'b', ''],
      ],
      ['name', 'what', 'last'],
    ),
  ).toBe('NAME    WHAT       LAST\na       long cell  x\nlonger  b\n')
})

it('measures what is seen of a coloured cell', () => {
  const red = '\u001b[31mred\u001b[39m'
  expect(
    table([
      [red, '|'],
      ['green', '|'],
    ]),
  ).toBe(`${red}    |\ngreen  |\n`)
})

it('keeps one record on one line, and the cursor where it is', () => {
  expect(table([['two\nlines', '\u001b[2J\u0007bell']])).toBe('two lines   [2J bell\n')
})

it('makes nothing of nothing', () => {
  expect(table([])).toBe('')
})
