import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../../core/config/yaml.ts'

describe('what is wrong with a text', () => {
  it.each([
    ['a: 1\nb: 2\na: 3', '3:1', 'the key a stands twice'],
    ['a:\n  b: 1\n  b: 2\n  b: 3', '3:3', 'the key b stands twice'],
    ['a: b: c', '1:4', 'a mapping begins in the middle of a line'],
    ['a:\n\tb: 1', '2:1', 'a tab is used for indentation'],
    ['a: "x', '1:6', 'a closing quote'],
    ['a: [1, 2', '1:9', 'a closing bracket'],
    ['a: @x', '1:4', 'put the text in quotes'],
    ['a: "\\q"', '1:5', 'a backslash'],
    ['a: !secret x', '1:4', 'a tag'],
    ['a: *missing', '1:4', 'an alias (*name) without its anchor'],
    ['a: &a [*a]', '1:8', 'an alias inside its own anchor'],
    ['a: 1\n---\nb: 2', '2:1', 'a second document'],
    ['- a\nb: 1', '2:1', 'this was not expected here'],
  ])('%j: at %s, %s', (text, where, says) => {
    const { value, problems } = parseYaml(text)
    expect(value).toBeUndefined()
    expect(problems[0] && `${problems[0].line}:${problems[0].column}`).toBe(where)
    expect(problems[0]?.says).toContain(says)
  })

  it('is told once, not again for every token after it', () => {
    expect(parseYaml('- a\nb: 1\nc: 2\n  d: 3').problems).toHaveLength(1)
  })

  it('names every key that stands twice', () => {
    expect(parseYaml('a: 1\na: 2\nb: 1\nb: 2').problems).toHaveLength(2)
  })

  it('does not follow aliases that multiply beyond measure', () => {
    const row = (name: string, of: string) => `${name}: &${name} [${Array(9).fill(of).join(', ')}]`
    const bomb = [row('a', '1'), row('b', '*a'), row('c', '*b'), row('d', '*c')].join('\n')
    expect(parseYaml(bomb).problems[0]?.says).toContain('multiply')
  })

  it('is never explained by quoting the text, which may hold a secret', () => {
    for (const text of ['token: *hunter2', 'token: !hunter2 x', 'token: "hunter2', 'token: hunter2: x']) {
      expect(JSON.stringify(parseYaml(text).problems)).not.toContain('hunter2')
    }
  })
})

describe('where things stand', () => {
  const yaml = parseYaml('# head\ntop:\n  list:\n    - name: x\n    - name: y\n  flow: {a: 1}\n')

  it.each([
    [['top'], '2:1', '3:3'],
    [['top', 'list', 1, 'name'], '5:7', '5:13'],
    [['top', 'list', 0], '4:7', '4:7'],
    [['top', 'flow', 'a'], '6:10', '6:13'],
  ])('finds %j', (path, key, value) => {
    const { keyPosition, valuePosition } = yaml
    expect(`${keyPosition(path).line}:${keyPosition(path).column}`).toBe(key)
    expect(`${valuePosition(path).line}:${valuePosition(path).column}`).toBe(value)
  })

  it('points at the nearest parent of what was not written down', () => {
    expect(yaml.keyPosition(['top', 'list', 0, 'size'])).toEqual({ line: 4, column: 7 })
    expect(yaml.keyPosition(['other', 'thing'])).toEqual({ line: 2, column: 1 })
    expect(parseYaml('').keyPosition(['a'])).toEqual({ line: 1, column: 1 })
  })
})

it('reads YAML 1.2: times, dates and yes are text', () => {
  expect(parseYaml('a: 22:00-06:00\nb: 2024-01-02\nc: yes\nd: 012').value).toEqual({
    a: '22:00-06:00',
    b: '2024-01-02',
    c: 'yes',
    d: 12,
  })
})
