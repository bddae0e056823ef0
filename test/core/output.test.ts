import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collectOutput } from '../../core/output.ts'

describe('collectOutput', () => {
  it('passes on the same lines, however the bytes are cut into chunks', () => {
    const texts = fc.array(fc.constantFrom('a', 'ü', '🎩', '\n', '\r\n', ' '), { maxLength: 40 })
    fc.assert(
      fc.property(texts, fc.array(fc.nat(100)), (pieces, cuts) => {
        const text = pieces.join('')
        const bytes = Buffer.from(text)
        const lines: string[] = []
        const output = collectOutput(1000, (line) => lines.push(line))
        for (const chunk of cutAt(bytes, cuts)) output.push(chunk)
        expect(output.end()).toEqual({ bytes, truncated: false })
        const expected = text.split(/\r?\n/)
        if (expected.at(-1) === '') expected.pop()
        expect(lines).toEqual(expected)
      }),
    )
  })

  it('keeps the end of what is too much', () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 30 })
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 50 }), (parts, maxBytes) => {
        const all = Buffer.concat(parts)
        const output = collectOutput(maxBytes)
        for (const part of parts) output.push(Buffer.from(part))
        expect(output.bytesSeen()).toBe(all.length)
        expect(output.end()).toEqual({
          bytes: all.subarray(Math.max(0, all.length - maxBytes)),
          truncated: all.length > maxBytes,
        })
      }),
    )
  })

  it('does not wait for the end of a line that has none', () => {
    let longest = 0
    const output = collectOutput(10, (line) => {
      longest = Math.max(longest, line.length)
    })
    for (let i = 0; i < 20; i++) output.push(Buffer.alloc(10_000, 'x'))
    expect(longest).toBe(65_536)
    output.end()
  })
})

function cutAt(bytes: Buffer, cuts: number[]): Buffer[] {
  const places = [0, ...cuts.filter((cut) => cut <= bytes.length).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((place, i) => bytes.subarray(places[i], place))
}
