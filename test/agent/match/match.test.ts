import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { atoms, evaluates } from '../../../agent/labels/evaluate.ts'
import { parseLabelExpression } from '../../../agent/labels/parse.ts'
import { fits, formatSizeLabel, largest, parseSizeLabel } from '../../../agent/labels/size.ts'
import { type Match, matchContainer, satisfiedBy } from '../../../agent/match/match.ts'
import type { Size, Template } from '../../../agent/world.ts'
import { arbitraryExpression } from '../labels/arbitrary-expression.ts'

const budget = sizeOf('8CPU16G')
const plain = template('plain', ['linux', 'amd64', 'laptop-ann'])
const browser = template('browser', ['linux', 'amd64', 'chrome'], { size: sizeOf('2CPU4G') })

describe('the container for a label', () => {
  it.each([
    ['4CPU8G', 'plain', '4CPU8G'],
    ['linux && 4CPU8G', 'plain', '4CPU8G'],
    ['linux', 'plain', '1CPU2G'],
    ['chrome', 'browser', '2CPU4G'],
    ['chrome && 1CPU1G', 'browser', '1CPU1G'],
    ['4CPU8G || 2CPU2G', 'plain', '2CPU2G'],
    ['8CPU16G || linux', 'plain', '1CPU2G'],
    ['linux && !4CPU8G', 'plain', '1CPU2G'],
    ['linux && !1CPU2G', 'browser', '2CPU4G'],
    ['(4CPU4G || chrome) && !2CPU4G', 'plain', '4CPU4G'],
    ['!windows', 'plain', '1CPU2G'],
    ['windows -> gpu', 'plain', '1CPU2G'],
    ['linux -> 4CPU4G', 'plain', '4CPU4G'],
    ['2CPU8G && 4CPU2G', 'plain', '4CPU8G'],
    ['laptop-ann-1', 'plain', '1CPU2G'],
    ['laptop-ann && 0.5CPU512M', 'plain', '0.5CPU512M'],
  ])('%s is of template %s and size %s', (text, name, size) => {
    const match = matchOf(text)
    expect(match).toMatchObject({ template: name, size: sizeOf(size) })
    expect('nodeLabels' in match && match.nodeLabels).toContain(size)
  })

  it('carries all features, the size labels that were chosen and the one of its very size, but not its own name', () => {
    expect(matchOf('4CPU8G || 2CPU2048M')).toMatchObject({
      nodeLabels: ['linux', 'amd64', 'laptop-ann', '2CPU2048M', '2CPU2G'],
    })
    expect(matchOf('linux && laptop-ann-1')).toMatchObject({
      nodeLabels: ['linux', 'amd64', 'laptop-ann', '1CPU2G'],
    })
  })

  it('is impossible when a label is missing, and the missing ones are named', () => {
    expect(matchOf('linux && windows')).toEqual({
      impossible: 'no-template',
      detail: 'no template here has windows',
    })
    expect(matchOf('gpu && 4CPU8G && (windows || chrome)')).toMatchObject({
      detail: expect.stringContaining('gpu'),
    })
    expect(matchOf('!linux')).toMatchObject({ detail: 'the label excludes linux' })
    expect(matchOf('linux && !(1CPU2G || 2CPU4G)')).toMatchObject({ impossible: 'no-template' })
    expect(matchOf('gpu && !gpu')).toMatchObject({ detail: 'no template here satisfies the label' })
    expect(matchOf('laptop-ann-2')).toMatchObject({ detail: 'no template here has laptop-ann-2' })
    expect(matchOf('linux', { templates: [] })).toMatchObject({ detail: 'this machine has no template' })
  })

  it('is too large for ever when the whole machine, or the template, is smaller', () => {
    expect(matchOf('16CPU8G')).toEqual({
      impossible: 'too-large',
      detail:
        'needs 16 CPUs and 8 GiB, and this machine lends 8 CPUs and 16 GiB (machine.cpus, machine.memory)',
    })
    const small = template('small', ['linux'], { max: sizeOf('2CPU2G') })
    expect(matchOf('4CPU2G', { templates: [small] })).toEqual({
      impossible: 'too-large',
      detail: 'needs 4 CPUs and 2 GiB, and template small allows 2 CPUs and 2 GiB (its setting max)',
    })
  })

  it('has to wait while others take the room, and says how much it needs', () => {
    expect(matchOf('4CPU8G', { available: sizeOf('3CPU16G') })).toEqual({
      impossible: 'busy',
      size: sizeOf('4CPU8G'),
      detail: 'needs 4 CPUs and 8 GiB, and 3 CPUs and 16 GiB are left of what this machine lends',
    })
    const nothing = { cpus: 0, memoryBytes: 0 }
    expect(matchOf('4CPU8G || 2CPU2G', { available: nothing })).toMatchObject({ size: sizeOf('2CPU2G') })
  })

  it('may be larger than the smallest when only the larger one finds room now', () => {
    const wide = { cpus: 8, memoryBytes: sizeOf('1CPU1G').memoryBytes }
    expect(matchOf('1CPU4G || 4CPU1G', { available: wide })).toMatchObject({ size: sizeOf('4CPU1G') })
  })

  it('is found in time among very many size labels', () => {
    const many = Array.from({ length: 400 }, (_, index) => `${index + 1}CPU${index + 1}G`).join('||')
    const startedAt = performance.now()
    expect(matchOf(`(${many}) && !1CPU1G`)).toMatchObject({ size: sizeOf('2CPU2G') })
    expect(performance.now() - startedAt).toBeLessThan(200)
  })
})

describe('matching', () => {
  const features = ['linux', 'chrome', 'gpu']
  const sizeNames = ['1CPU1G', '2CPU1G', '1CPU2G', '2CPU2G', '4CPU4G', '1CPU1024M']
  const size = fc.constantFrom(...sizeNames).map(sizeOf)
  const world = fc.record({
    expression: arbitraryExpression(fc.constantFrom(...features, ...sizeNames, 'ann-1')),
    templates: fc.array(
      fc
        .tuple(fc.subarray(features), size, size)
        .map(([own, usual, max]) => template(own.join('-'), own, { size: usual, max: largest(usual, max) })),
      { minLength: 1, maxLength: 3 },
    ),
    available: size,
    budget: size,
  })

  it('chooses only what satisfies Jenkins, and the smallest of all that would', () => {
    fc.assert(
      fc.property(world, ({ available, ...rest }) => {
        const request = { ...rest, available: smaller(available, rest.budget), slotName: 'ann-1' }
        const match = matchContainer(request)
        const all = everyContainer(request)
        const possible = all.filter((one) => fits(one.size, one.max) && fits(one.size, request.budget))
        const ready = possible.filter((one) => fits(one.size, request.available))
        if ('impossible' in match) {
          const expected = possible.length > 0 ? 'busy' : all.length > 0 ? 'too-large' : 'no-template'
          expect(ready).toEqual([])
          expect(match.impossible).toBe(expected)
          return
        }
        expect(satisfiedBy(request.expression, 'ann-1', match.nodeLabels)).toBe(true)
        expect(fits(match.size, request.available)).toBe(true)
        expect(ready).toContainEqual(expect.objectContaining({ template: match.template, size: match.size }))
        const cost = (each: Size) =>
          each.cpus / request.budget.cpus + each.memoryBytes / request.budget.memoryBytes
        for (const other of ready) expect(cost(match.size)).toBeLessThanOrEqual(cost(other.size))
      }),
      { numRuns: 2000 },
    )
  })

  it('answers the same question always the same', () => {
    fc.assert(
      fc.property(world, (request) => {
        const ask = () => matchContainer({ ...request, slotName: 'ann-1' })
        expect(ask()).toEqual(ask())
      }),
    )
  })

  /** Every container that Jenkins would accept, whatever its size, by trying all subsets of the size labels. */
  function everyContainer({ expression, templates, slotName }: Parameters<typeof matchContainer>[0]) {
    const sizeLabels = atoms(expression).filter((name) => parseSizeLabel(name))
    return templates.flatMap(({ name, features, size, max }) =>
      Array.from({ length: 2 ** sizeLabels.length }, (_, bits) => {
        const chosen = sizeLabels.filter((_, bit) => bits & (1 << bit))
        const own = chosen.length > 0 ? largest(...chosen.map(sizeOf)) : size
        const labels = new Set([...features, ...chosen, formatSizeLabel(own), slotName])
        return { template: name, size: own, max, labels }
      }).filter(({ labels }) => evaluates(expression, labels)),
    )
  }
})

function matchOf(text: string, change: Partial<Parameters<typeof matchContainer>[0]> = {}): Match {
  return matchContainer({
    expression: parseLabelExpression(text),
    templates: [plain, browser],
    available: budget,
    budget,
    slotName: 'laptop-ann-1',
    ...change,
  })
}

function template(name: string, features: string[], change: Partial<Template> = {}): Template {
  return { name, features, size: sizeOf('1CPU2G'), max: budget, ...change }
}

function sizeOf(label: string): Size {
  const size = parseSizeLabel(label)
  if (!size) throw new Error(`${label} is no size`)
  return size
}

function smaller(a: Size, b: Size): Size {
  return { cpus: Math.min(a.cpus, b.cpus), memoryBytes: Math.min(a.memoryBytes, b.memoryBytes) }
}
