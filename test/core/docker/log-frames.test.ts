import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinLogFrames } from '../../../core/docker/log-frames.ts'

function frame(stream: 1 | 2, text: string): Buffer {
  const content = Buffer.from(text)
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(content.length, 4)
  return Buffer.concat([header, content])
}

test('the text of all frames is joined, whichever stream they belong to', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(1 as const, 2 as const), fc.string())), (parts) => {
      const frames = Buffer.concat(parts.map(([stream, text]) => frame(stream, text)))
      expect(joinLogFrames(frames)).toBe(Buffer.from(parts.map(([, text]) => text).join('')).toString())
    }),
  )
})

test('a letter that is split over two frames stays whole', () => {
  const [first, second] = [Buffer.from('ü').subarray(0, 1), Buffer.from('ü').subarray(1)]
  const frames = [first, second].map((part) => Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, 1]), part]))
  expect(joinLogFrames(Buffer.concat(frames))).toBe('ü')
})

test('a last frame that was cut off gives what there is of it', () => {
  expect(joinLogFrames(Buffer.concat([frame(1, 'whole\n'), frame(2, 'cut off').subarray(0, 11)]))).toBe(
    'whole\ncut',
  )
})
