import { execFileSync } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../core/errors.ts'
import { quoteShell } from '../../core/quote.ts'
import { tempDir } from '../support/temp-dir.ts'

/** The words as a real shell splits the command line; one shell for many command lines, because starting one is slow. */
function splitByShell(commands: string[]): string[][] {
  const script = commands.map((command) => `set -- ${command}; printf '%s\\0' "$#" "$@"`).join('\n')
  const printed = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0')
  return commands.map(() => printed.splice(0, 1 + Number(printed[0])).slice(1))
}

const word = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
  fc.array(fc.constantFrom(...`'"\\$\`!*?[]{}()<>|&;#~= \t\n-a^%`)).map((chars) => chars.join('')),
)

describe('quoteShell', () => {
  it('makes a command line that /bin/sh splits into the same words', () => {
    const wordLists = fc.array(fc.array(word, { minLength: 1, maxLength: 5 }), {
      minLength: 20,
      maxLength: 50,
    })
    fc.assert(
      fc.property(wordLists, (lists) => {
        const read = splitByShell(lists.map((words) => quoteShell(words)))
        expect(read).toEqual(lists.map((words) => words.map(asUtf8)))
      }),
      { numRuns: 20 },
    )
  })

  it('leaves plain words bare, so that people can read the command', () => {
    expect(quoteShell(['/usr/bin/rsync', '--archive', 'user@host:/a-b_c.d', '80%', '1,2+3'])).toBe(
      '/usr/bin/rsync --archive user@host:/a-b_c.d 80% 1,2+3',
    )
    expect(quoteShell(['echo', "it's", ''])).toBe(`echo 'it'\\''s' ''`)
  })

  it.each(['if', 'for', 'time', 'function', '{', '!', 'A=b', '~'])(
    'lets a program be called %s',
    async (name) => {
      const dir = await tempDir()
      await writeFile(join(dir, name), '#!/bin/sh\nprintf "ran with %s" "$1"')
      await chmod(join(dir, name), 0o700)
      const env = { PATH: `${dir}:/usr/bin:/bin` }
      const printed = execFileSync('/bin/sh', ['-c', quoteShell([name, 'a b'])], { env })
      expect(printed.toString()).toBe('ran with a b')
    },
  )

  it('refuses a NUL character, which would cut the word off', () => {
    expect(() => quoteShell(['a\0b'])).toThrow(UserError)
  })
})

/** What becomes of lone surrogates on their way into a program. */
function asUtf8(text: string): string {
  return Buffer.from(text).toString()
}
