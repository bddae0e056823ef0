import { UserError } from './errors.ts'

const plain = /^[A-Za-z0-9_/:.,@%+-]+$/
/** Words that a shell takes for grammar when they stand first and bare. */
const reserved = new Set(
  'case coproc do done elif else esac fi for function if in select then time until while'.split(' '),
)

/**
 * One command line that any POSIX shell splits into exactly these words, whatever they hold: no expansion, no
 * assignment, no keyword. Plain words stay bare, so that people can read it.
 * Throws UserError on a NUL character, which no program can be given.
 */
export function quoteShell(words: readonly string[]): string {
  return words.map(quoteWord).join(' ')
}

function quoteWord(word: string): string {
  if (word.includes('\0')) {
    throw new UserError('a command cannot carry a NUL character', {
      hint: 'pass binary data on standard input or in a file',
    })
  }
  if (plain.test(word) && !reserved.has(word)) return word
  return `'${word.replaceAll("'", `'\\''`)}'`
}
