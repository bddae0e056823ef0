import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addSizes,
  fits,
  formatSizeLabel,
  largest,
  parseSizeLabel,
  subtractSize,
} from '../../../agent/labels/size.ts'
import type { Size } from '../../../agent/world.ts'

const G = 2 ** 30
const M = 2 ** 20

const anySize: fc.Arbitrary<Size> = fc.record({
  cpus: fc.integer({ min: 1, max: 100_000 }).map((n) => n / 100),
  memoryBytes: fc.integer({ min: 6 * M, max: 1024 * G }),
})

describe('a size label', () => {
  it.each([
    ['4CPU8G', 4, 8 * G],
    ['0.5CPU512M', 0.5, 512 * M],
    ['1CPU1.5G', 1, 1536 * M],
    ['1.25CPU1000M', 1.25, 1000 * M],
    ['64CPU256G', 64, 256 * G],
  ])('%s is read', (label, cpus, memoryBytes) => {
    expect(parseSizeLabel(label)).toEqual({ cpus, memoryBytes })
  })

  it.each([
    '',
    'linux',
    '4cpu8g',
    '4CPU8g',
    '4CPU',
    'CPU8G',
    '8G',
    '4CPU8',
    '4CPU8T',
    '4CPU8GB',
    '4CPU 8G',
    ' 4CPU8G',
    '4CPU8G\n',
    '-4CPU8G',
    '+4CPU8G',
    '1e3CPU8G',
    '.5CPU8G',
    '4.CPU8G',
    '0CPU8G',
    '4CPU0G',
    '0.001CPU8G',
    '4CPU1M',
    '5000CPU8G',
    '4CPU99999999G',
    `${'9'.repeat(400)}CPU8G`,
    'x4CPU8G',
  ])('%j is none', (label) => {
    expect(parseSizeLabel(label)).toBeUndefined()
  })

  it.each([
    [{ cpus: 4, memoryBytes: 8 * G }, '4CPU8G'],
    [{ cpus: 0.5, memoryBytes: 512 * M }, '0.5CPU512M'],
    [{ cpus: 1, memoryBytes: 1536 * M }, '1CPU1.5G'],
    [{ cpus: 0.1 + 0.2, memoryBytes: 1000 * M }, '0.3CPU1000M'],
  ])('is written as short as exactness allows: %j', (size, label) => {
    expect(formatSizeLabel(size)).toBe(label)
  })

  it('says exactly the size that it was written for', () => {
    fc.assert(
      fc.property(anySize, (size) => {
        expect(parseSizeLabel(formatSizeLabel(size))).toEqual(size)
      }),
    )
  })
})

describe('sizes', () => {
  it('fit only where both components fit', () => {
    const within = { cpus: 4, memoryBytes: 8 * G }
    expect(fits({ cpus: 4, memoryBytes: 8 * G }, within)).toBe(true)
    expect(fits({ cpus: 4.1, memoryBytes: 1 * G }, within)).toBe(false)
    expect(fits({ cpus: 1, memoryBytes: 9 * G }, within)).toBe(false)
  })

  it('add up without the dust of floating point', () => {
    const tenth = { cpus: 0.1, memoryBytes: 1 }
    expect(addSizes(tenth, tenth, tenth)).toEqual({ cpus: 0.3, memoryBytes: 3 })
    expect(addSizes()).toEqual({ cpus: 0, memoryBytes: 0 })
  })

  it('are given back what was taken from them', () => {
    fc.assert(
      fc.property(anySize, anySize, (a, b) => {
        expect(subtractSize(addSizes(a, b), b)).toEqual(a)
      }),
    )
    expect(subtractSize({ cpus: 1, memoryBytes: 5 }, { cpus: 2, memoryBytes: 9 })).toEqual({
      cpus: 0,
      memoryBytes: 0,
    })
  })

  it('find room in the largest of them, and in nothing smaller', () => {
    fc.assert(
      fc.property(fc.array(anySize, { minLength: 1 }), (sizes) => {
        const all = largest(...sizes)
        expect(sizes.every((size) => fits(size, all))).toBe(true)
        expect(sizes.some((size) => size.cpus === all.cpus)).toBe(true)
        expect(sizes.some((size) => size.memoryBytes === all.memoryBytes)).toBe(true)
      }),
    )
  })
})
