import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { shippedFile } from '../../core/package.ts'
import { tempDir } from '../support/temp-dir.ts'

const run = promisify(execFile)

describe('the part of YAML that a contract is written in', () => {
  it('is read as every reader of YAML reads it, or refused', async () => {
    const texts = fc.sample(document, { numRuns: 150, seed: 7 })
    const read = await readPlainYaml(texts)
    const accepted = read.filter((answer) => typeof answer === 'object')
    expect(accepted.length).toBeGreaterThan(20)
    texts.forEach((text, index) => {
      const ours = read[index]
      if (typeof ours !== 'object') return
      for (const version of ['1.1', '1.2'] as const) {
        expect({ text, ours }).toEqual({ text, ours: asText(parse(text, { version }) ?? {}) })
      }
    })
  })

  it('takes comments, both kinds of quotes, lists and maps', async () => {
    const text = [
      '---',
      '# what it promises',
      'size: 200m # at most',
      "user: 'it''s # me'",
      'ports:',
      '  - 8080',
      '  # and',
      '  - 53/udp',
      '',
      'labels:',
      '  org.example/name: "a: b # c"',
      '  "*": x',
    ].join('\n')
    expect(await readPlainYaml([text])).toEqual([
      {
        size: '200m',
        user: "it's # me",
        ports: ['8080', '53/udp'],
        labels: { 'org.example/name': 'a: b # c', '*': 'x' },
      },
    ])
  })

  it.each([
    ['a: yes', 1, 'does not take it for text'],
    ['a: x\nb: 1.10', 2, 'takes it for a number or a date'],
    ['a: 012', 1, 'a number or a date'],
    ['a: 12:30', 1, 'a number or a date'],
    ['a: 2026-01-02', 1, 'a number or a date'],
    ['a: null', 1, 'does not take it for text'],
    ['a: [1, 2]', 1, 'must stand in quotes'],
    ['a: &x 1', 1, 'must stand in quotes'],
    ['a: *x', 1, 'must stand in quotes'],
    ['a: !!str x', 1, 'must stand in quotes'],
    ['a: |', 1, 'must stand in quotes'],
    ['a: "b\\n"', 1, 'must stand in quotes'],
    ['a: b: c', 1, 'a colon'],
    ['a:\n  <<: x', 2, 'it is none of'],
    ['a:\n    - x', 2, 'it is none of'],
    ['a:\n- x', 2, 'it is none of'],
    ['a:\n\t- x', 2, 'a tab'],
    ['a: 1\r\nb: 2', 1, 'a tab or another control character'],
    ['a: 1\n\na: 2', 3, 'a stands there twice'],
    ['a:\n  b: x\n  b: y', 3, 'a: b stands there twice'],
    ['a:\n  - x\n  b: y', 3, 'a list and a map at once'],
    ['a: 1\n  - x', 2, 'a has a value already'],
    ['# nothing\n\na:\nb: 1', 3, 'a has no value'],
    ['  - x', 1, 'no key stands above it'],
    ['a: 1\n...', 2, 'it is none of'],
    ['a: $(touch /tmp/x)\nb: `c`', 2, 'must stand in quotes'],
  ])('refuses %j in line %i', async (text, line, why) => {
    const [answer] = await readPlainYaml([text])
    expect(answer).toMatch(new RegExp(`^contract, line ${line}: `))
    expect(answer).toContain(why)
  })
})

/** Pieces of documents, put together so that many are nearly right. */
const scalar = fc.oneof(
  fc.constantFrom(
    'x',
    '8080',
    '53/udp',
    'a b',
    '"q: #"',
    "'it''s'",
    "''",
    'a#b',
    'x # y',
    'a:b',
    '-x',
    '-',
    '1.5.2',
  ),
  fc.constantFrom(
    'no',
    'Null',
    '~',
    '1e3',
    '0x1f',
    '1_000',
    '.5',
    '+1',
    '1:20',
    '.inf',
    '2020-1-1',
    '0',
    '007',
  ),
  fc.constantFrom(
    '[a]',
    '{a}',
    '*a',
    '&a b',
    '!t a',
    '>',
    '%a',
    '@a',
    '? a',
    '`a',
    '"a\\tb"',
    "'a'b",
    '"a"b',
    'a: b',
  ),
  fc.string({ unit: fc.constantFrom(...'ab1.:#-\'"/ ,=~?'), minLength: 1, maxLength: 6 }),
)
const key = fc.constantFrom('a', 'b', 'c-d', 'e')
const mostlyGood = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('x', '80', "'n o'", '"# y"', 'b # c') },
  scalar,
)
const entry = fc.tuple(key, mostlyGood).map(([name, value]) => `${name}: ${value}`)
const block = fc.oneof(
  { weight: 4, arbitrary: entry },
  {
    weight: 4,
    arbitrary: fc
      .tuple(key, fc.array(mostlyGood, { minLength: 1, maxLength: 3 }))
      .map(([name, items]) => [`${name}:`, ...items.map((item) => `  - ${item}`)].join('\n')),
  },
  { weight: 4, arbitrary: fc.tuple(key, entry).map(([name, inside]) => `${name}:\n  ${inside}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '# note', '   # note', '  -', '   - x', 'x', '---', 'a:', '  a: b'),
  },
)
const document = fc.array(block, { minLength: 1, maxLength: 3 }).map((blocks) => `${blocks.join('\n')}\n`)

type Read = Record<string, string | string[] | Record<string, string>>

/** What bash makes of each text, or its refusal. */
async function readPlainYaml(texts: readonly string[]): Promise<(Read | string)[]> {
  const folder = await tempDir()
  await Promise.all(texts.map((text, index) => writeFile(join(folder, String(index)), text)))
  const script = `set -euo pipefail
fail() { printf '%s' "$1"; exit 1; }
. "$1"
cd "$2"
for ((i = 0; i < $3; i++)); do
  yaml_name=contract
  (read_plain_yaml "$i") >"$i.out" || mv "$i.out" "$i.refused"
done
for ((i = 0; i < $3; i++)); do
  if [ -e "$i.out" ]; then printf '+'; cat "$i.out"; else printf -- '-'; tail -n 1 "$i.refused"; fi
  printf '\\0'
done`
  const file = shippedFile('templates/resources/lib/plain-yaml.sh')
  const { stdout } = await run('bash', ['-c', script, 'plain-yaml', file, folder, String(texts.length)])
  return stdout
    .split('\0')
    .slice(0, -1)
    .map((answer) => (answer.startsWith('+') ? asObject(answer.slice(1)) : answer.slice(1)))
}

function asObject(records: string): Read {
  const read: Read = {}
  for (const record of records.split('\n').slice(0, -1)) {
    const [, name = '', sub = '', value = ''] = record.split('\x1f')
    if (sub === '') read[name] = value
    else if (sub === '-') read[name] = [...((read[name] as string[] | undefined) ?? []), value]
    else read[name] = { ...(read[name] as Record<string, string> | undefined), [sub]: value }
  }
  return read
}

/** Numbers that are written as we allow it are the same text; anything else that is no text differs. */
function asText(value: unknown): unknown {
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return value.map(asText)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, asText(item)]))
}
