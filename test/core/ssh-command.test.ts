import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { filterProcessId, remoteCommand, remoteKill } from '../../core/ssh-command.ts'

describe('remoteCommand', () => {
  it('runs the words in the very process whose id it says first', () => {
    const command = remoteCommand(['/bin/sh', '-c', 'echo "$$ $1" >&2', 'sh', "it's"])
    const said = execFileSync('/bin/sh', ['-c', `{ ${command}; } 2>&1`], { encoding: 'utf8' })
    const [, processId] = /^footman-process:(\d+)\n/.exec(said) ?? []
    expect(said).toBe(`footman-process:${processId}\n${processId} it's\n`)
  })

  it('runs a text as a script', () => {
    const said = execFileSync('/bin/sh', ['-c', `${remoteCommand('a=1\necho "a is $a"')} 2>/dev/null`])
    expect(said.toString()).toBe('a is 1\n')
  })
})

describe('remoteKill', () => {
  it('means the whole group', () => {
    expect(remoteKill('TERM', 4711)).toBe('kill -s TERM -- -4711')
  })
})

describe('filterProcessId', () => {
  it('takes the line out wherever it stands and however it is cut, and nothing else', async () => {
    const text = fc.string({ unit: 'grapheme' })
    await fc.assert(
      fc.asyncProperty(text, text, fc.array(fc.nat(80)), async (before, after, cuts) => {
        const all = Buffer.from(`${before}footman-process:4711\n${after}`)
        const places = [0, ...cuts.filter((cut) => cut < all.length).sort((a, b) => a - b), all.length]
        const passed: Buffer[] = []
        const filter = filterProcessId((chunk) => passed.push(chunk))
        for (const [i, place] of places.entries()) filter.push(all.subarray(places[i - 1] ?? 0, place))
        filter.end()
        expect(await filter.processId).toBe(4711)
        expect(Buffer.concat(passed).toString()).toBe(before + after)
      }),
    )
  })

  it('passes everything on where the other side never came to say it', () => {
    const passed: Buffer[] = []
    const filter = filterProcessId((chunk) => passed.push(chunk))
    filter.push(Buffer.from('This account is '))
    filter.push(Buffer.from('not available\n'))
    filter.end()
    expect(Buffer.concat(passed).toString()).toBe('This account is not available\n')
  })
})
