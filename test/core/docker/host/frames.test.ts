import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitFrames } from '../../../../core/docker/host/frames.ts'

const piece = fc.tuple(
  fc.constantFrom('stdout' as const, 'stderr' as const),
  fc.uint8Array({ maxLength: 40 }),
)

test('frames come apart the same way however the connection cuts them', () => {
  fc.assert(
    fc.property(
      fc.array(piece),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      (pieces, cuts) => {
        const wire = Buffer.concat(pieces.map(([name, bytes]) => frame(name === 'stderr' ? 2 : 1, bytes)))
        const seen = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
        const split = splitFrames((name, bytes) => {
          seen[name] = Buffer.concat([seen[name], bytes])
        })
        for (let at = 0, turn = 0; at < wire.length; turn++) {
          const length = cuts[turn % cuts.length] ?? 1
          split(wire.subarray(at, at + length))
          at += length
        }
        for (const name of ['stdout', 'stderr'] as const) {
          const sent = pieces.filter(([of]) => of === name).map(([, bytes]) => bytes)
          expect(seen[name].equals(Buffer.concat(sent))).toBe(true)
        }
      },
    ),
  )
})

function frame(mark: number, bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(8)
  header[0] = mark
  header.writeUInt32BE(bytes.length, 4)
  return Buffer.concat([header, bytes])
}
