import { describe, expect, test } from 'vitest'
import { exported, prune, readQuery } from '../../../jenkins/practice/tree.ts'

const leaf = (name: string) =>
  exported('x.Leaf', { name: () => name, secret: () => 'deep' }, { visibilityOf: { name: 2 } })
const root = exported(
  'x.Root',
  {
    id: () => 7,
    leaves: () => ['a', 'b', 'c', 'd'].map(leaf),
    only: () => leaf('o'),
    near: () => leaf('n'),
    nothing: () => null,
  },
  { inline: ['near'] },
)

describe('the remote API’s queries', () => {
  test('without a query nested objects show what is visible one level down, inline ones everything', () => {
    expect(select('')).toEqual({
      _class: 'x.Root',
      id: 7,
      leaves: ['a', 'b', 'c', 'd'].map((name) => ({ _class: 'x.Leaf', name })),
      only: { _class: 'x.Leaf', name: 'o' },
      near: { _class: 'x.Leaf', name: 'n', secret: 'deep' },
      nothing: null,
    })
  })

  test('depth reaches further down', () => {
    expect(select('depth=1')).toMatchObject({ only: { name: 'o', secret: 'deep' } })
  })

  test('a tree names what is wanted, however deep, and an object without names is empty', () => {
    expect(select('tree=only[secret],near')).toEqual({
      _class: 'x.Root',
      only: { _class: 'x.Leaf', secret: 'deep' },
      near: { _class: 'x.Leaf' },
    })
  })

  test('a star names all fields of an object', () => {
    expect(select('tree=only[*]')).toMatchObject({ only: { name: 'o', secret: 'deep' } })
  })

  test.each([
    ['{1,3}', ['b', 'c']],
    ['{2}', ['a', 'b']],
    ['{3,}', ['d']],
    ['{,1}', ['a']],
  ])('a range %s takes a part of an array', (range, names) => {
    const leaves = names.map((name) => ({ _class: 'x.Leaf', name }))
    expect(select(`tree=leaves[name]${range}`)).toEqual({ _class: 'x.Root', leaves })
  })

  test('fields that are named twice are joined', () => {
    expect(select('tree=only[name],only[secret]')).toMatchObject({ only: { name: 'o', secret: 'deep' } })
  })

  test.each(['tree=only[name', 'tree=only]', 'tree=[name]', 'tree=a{x}'])('%s is malformed', (query) => {
    expect(readQuery(new URLSearchParams(query))).toBeUndefined()
  })

  test('values that nobody asked for are not computed', () => {
    const costly = exported('x', {
      cheap: () => 1,
      dear: () => {
        throw new Error('computed')
      },
    })
    const pruner = readQuery(new URLSearchParams('tree=cheap'))
    expect(pruner && prune(costly, pruner)).toEqual({ _class: 'x', cheap: 1 })
  })
})

function select(query: string) {
  const pruner = readQuery(new URLSearchParams(query))
  if (!pruner) throw new Error(`${query} is malformed`)
  return prune(root, pruner)
}
