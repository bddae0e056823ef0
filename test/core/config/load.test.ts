import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type ConfigRequest, loadConfig } from '../../../core/config/load.ts'
import { secretReference } from '../../../core/config/secret-reference.ts'
import { ConfigError } from '../../../core/errors.ts'
import { tempDir } from '../../support/temp-dir.ts'

const schema = z.strictObject({
  server: z.strictObject({
    url: z.url().describe('Where it is'),
    token: secretReference.describe('How to get in'),
    keepAlive: z.boolean().default(true),
  }),
  limits: z
    .strictObject({ cpus: z.number().positive().optional(), tags: z.array(z.string()).default([]) })
    .prefault({}),
  ports: z.array(z.int().min(1).max(65_535)).max(2).default([80]),
  rooms: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        size: z.enum(['small', 'large']).default('small'),
        env: z
          .record(z.string().regex(/^[A-Z]+$/, { error: 'expected capital letters' }), z.string())
          .default({}),
      }),
    )
    .prefault([{ name: 'hall' }]),
})

const valid = 'server:\n  url: https://a.example/\n  token: file:~/token\n'

async function load(yaml: string | undefined, more: Partial<ConfigRequest<typeof schema>> = {}) {
  const dir = await tempDir()
  if (yaml !== undefined) await writeFile(join(dir, 'test.yaml'), yaml)
  const request = { schema, fileName: 'test.yaml', search: [dir], env: {}, exampleCommand: 'footman example' }
  return { dir, ...(await loadConfig({ ...request, ...more })) }
}

async function failure(yaml: string | undefined, more: Partial<ConfigRequest<typeof schema>> = {}) {
  const error = await load(yaml, more).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof ConfigError)) throw new Error(`expected a ConfigError, got ${error}`)
  return error
}

/** The problem lines without the folder of the file. */
async function problems(yaml: string | undefined, more: Partial<ConfigRequest<typeof schema>> = {}) {
  const { message } = await failure(yaml, more)
  return message
    .split('\n')
    .slice(1)
    .map((line) => line.trim().replace(/^\/.*\/test\.yaml/, 'test.yaml'))
}

describe('precedence', () => {
  const env = { FOOTMAN_SERVER_URL: 'https://variable.example/' }

  it('takes the file over the default', async () => {
    const { value } = await load(`${valid}  keepAlive: false\n`)
    expect(value.server).toMatchObject({ url: 'https://a.example/', keepAlive: false })
    expect(value.rooms).toEqual([{ name: 'hall', size: 'small', env: {} }])
  })

  it('takes a variable over the file', async () => {
    expect((await load(valid, { env })).value.server.url).toBe('https://variable.example/')
  })

  it('takes a flag over a variable, and ignores flags that are not given', async () => {
    const flags = { server: { url: 'https://flag.example/', token: undefined } }
    const { value } = await load(valid, { env, flags })
    expect(value.server).toMatchObject({ url: 'https://flag.example/', token: 'file:~/token' })
  })

  it('replaces a list as a whole', async () => {
    const yaml = `${valid}ports: [1, 2]\nrooms: [{ name: a, size: large }]\n`
    const { value } = await load(yaml, {
      env: { FOOTMAN_PORTS: '3', FOOTMAN_ROOMS: '[{ name: b }]' },
    })
    expect(value.ports).toEqual([3])
    expect(value.rooms).toEqual([{ name: 'b', size: 'small', env: {} }])
  })
})

describe('the file', () => {
  it('is the first that is found', async () => {
    const [first, second] = [await tempDir(), await tempDir()]
    await writeFile(join(second, 'test.yaml'), valid)
    const { file } = await load(undefined, { search: [first, second] })
    expect(file).toBe(join(second, 'test.yaml'))
  })

  it('may be missing when variables say everything that is required', async () => {
    const env = { FOOTMAN_SERVER_URL: 'https://b.example/', FOOTMAN_SERVER_TOKEN: 'env:TOKEN' }
    const { value, file } = await load(undefined, { env })
    expect(file).toBeUndefined()
    expect(value.server).toEqual({ url: 'https://b.example/', token: 'env:TOKEN', keepAlive: true })
  })

  it('is asked for, with the places and the command, when something required is missing', async () => {
    const dir = await tempDir()
    const { message, hint } = await failure(undefined, { search: [dir, '/nowhere'] })
    expect(message).toContain(`there is no test.yaml in ${dir} or /nowhere`)
    expect(message).toContain('server.url: missing (Where it is)')
    expect(hint).toBe(`begin with: mkdir -p ${dir} && footman example > ${dir}/test.yaml`)
  })

  it('must exist when it was named', async () => {
    const { message, hint } = await failure(undefined, { path: '/nowhere/my.yaml' })
    expect(message).toBe('there is no file /nowhere/my.yaml')
    expect(hint).toContain('footman example')
  })

  it('must be a file', async () => {
    const dir = await tempDir()
    await mkdir(join(dir, 'test.yaml'))
    expect((await failure(undefined, { search: [dir] })).message).toContain('cannot read')
  })

  it('may have sections in which every setting is commented out, and keys of its own that begin with x-', async () => {
    const { value } = await load(`x-notes: &tags [a]\n${valid}limits:\n  #cpus: 2\nrooms:\n`)
    expect(value.limits).toEqual({ tags: [] })
    expect((await load(`x-notes: &tags [a]\n${valid}limits: { tags: *tags }\n`)).value.limits.tags).toEqual([
      'a',
    ])
  })

  it('may be empty, which is no problem of its own', async () => {
    expect(await problems('# nothing yet\n')).toHaveLength(2)
  })
})

describe('problems are told with line, column and path', () => {
  it.each([
    ['server:\n  url: https://a.example/\n', 'test.yaml:1:1: server.token: missing (How to get in)'],
    ['server:\n  token: stdin\n  url:\n', 'test.yaml:3:3: server.url: missing (Where it is)'],
    [`${valid}  tokn: x\n`, 'test.yaml:4:3: server.tokn: unknown key; did you mean token?'],
    [`${valid}tags: [x]\n`, 'test.yaml:4:1: tags: unknown key; did you mean limits.tags?'],
    [`${valid}wholly: other\n`, 'test.yaml:4:1: wholly: unknown key'],
    [`${valid}limts:\n`, 'test.yaml:4:1: limts: unknown key; did you mean limits?'],
    [`${valid}<<: { a: 1 }\n`, 'test.yaml:4:1: ["<<"]: unknown key'],
    [`${valid}limits: 5\n`, 'test.yaml:4:9: limits: expected a mapping of settings, found the number 5'],
    [`${valid}limits: [a]\n`, 'test.yaml:4:9: limits: expected a mapping of settings, found a list'],
    [`${valid}limits:\n  cpus: two\n`, 'test.yaml:5:9: limits.cpus: expected a number, found the text "two"'],
    [`${valid}limits:\n  cpus: 0\n`, 'test.yaml:5:9: limits.cpus: expected more than 0, found the number 0'],
    [`${valid}limits:\n  tags: x\n`, 'test.yaml:5:9: limits.tags: expected a list, found the text "x"'],
    [
      `${valid}limits:\n  tags: [a, 4]\n`,
      'test.yaml:5:13: limits.tags[1]: expected text, found the number 4; put it in quotes',
    ],
    [
      `${valid}  keepAlive: maybe\n`,
      'test.yaml:4:14: server.keepAlive: expected true or false, found the text "maybe"',
    ],
    [`${valid}ports: [1.5]\n`, 'test.yaml:4:9: ports[0]: expected a whole number, found the number 1.5'],
    [`${valid}ports: [99999]\n`, 'test.yaml:4:9: ports[0]: expected at most 65535, found the number 99999'],
    [
      `${valid}ports: [1, 2, 3]\n`,
      'test.yaml:4:8: ports: expected a list of at most 2 entries, found a list',
    ],
    [
      `${valid}rooms:\n  - name: ''\n`,
      'test.yaml:5:11: rooms[0].name: expected text that is not empty, found the text ""',
    ],
    [
      `${valid}rooms:\n  - name: a\n    size: huge\n`,
      'test.yaml:6:11: rooms[0].size: expected small or large, found the text "huge"',
    ],
    [`${valid}rooms:\n  - name: a\n  - size: small\n`, 'test.yaml:6:5: rooms[1].name: missing'],
    [
      `${valid}rooms:\n  - name: a\n    env: { two words: x }\n`,
      'test.yaml:6:12: rooms[0].env["two words"]: expected capital letters as the name, found the text "two words"',
    ],
    [
      `${valid}rooms:\n  - name: a\n    env: { A: {} }\n`,
      'test.yaml:6:15: rooms[0].env.A: expected text, found a mapping',
    ],
    ['- a\n', 'test.yaml:1:1: expected a mapping of settings, found a list'],
    ['a: 1\na: 2\n', 'test.yaml:2:1: the key a stands twice in the same place'],
    ['server: [\n', 'test.yaml:2:1: not valid YAML: the indentation does not fit the lines above'],
  ])('%j', async (yaml, expected) => {
    expect((await problems(yaml))[0]).toContain(expected)
  })

  it('all at once, in the order of the file', async () => {
    const found = await problems('rooms: 5\nserver:\n  url: nothing\n  token: file:x\nports: [0]\nother: 1\n')
    expect(found.map((line) => line.split(':').slice(1, 3).join(':'))).toEqual(['1:8', '3:8', '5:9', '6:1'])
  })

  it('names the variable or the command line where the value came from there', async () => {
    const env = {
      FOOTMAN_LIMITS_CPUS: 'two',
      FOOTMAN_ROOMS: '[{ name: a, size: huge }]',
      FOOTMAN_PORTS: '[1',
    }
    const flags = { limits: { tags: ['a', ''] }, server: { url: 'no url' } }
    const found = await problems(valid, { env, flags })
    expect(found).toContain(
      'variable FOOTMAN_LIMITS_CPUS: limits.cpus: expected a number, found the text "two"',
    )
    expect(found.join('\n')).toContain('variable FOOTMAN_ROOMS: rooms[0].size: expected small or large')
    expect(found.join('\n')).toContain('variable FOOTMAN_PORTS: ports: line 1: not valid YAML')
    expect(found.join('\n')).toContain('command line: server.url: expected')
  })

  it('shortens what is long and hides passwords in URLs', async () => {
    const [line] = await problems(`${valid}  keepAlive: ${'x'.repeat(500)}\n`)
    expect(line?.length).toBeLessThan(160)
    const { message } = await failure(`${valid}limits:\n  cpus: https://ann:hunter2@a.example/\n`)
    expect(message).not.toContain('hunter2')
  })
})

describe('a secret that stands where a reference belongs', () => {
  it.each([
    ['in the file', 'server:\n  url: https://a.example/\n  token: 11hunter2\n', {}],
    ['as a number', 'server:\n  url: https://a.example/\n  token: 112233445566\n', {}],
    ['in a list', 'server:\n  url: https://a.example/\n  token: [11hunter2]\n', {}],
    ['below a wrong key', 'server:\n  url: https://a.example/\n  tokn: 11hunter2\n', {}],
    ['in a wrong section', 'server: 11hunter2x\nports: 1\n', { env: { FOOTMAN_SERVER_TOKEN: '' } }],
    ['in a variable', valid, { env: { FOOTMAN_SERVER_TOKEN: '11hunter2' } }],
    ['on the command line', valid, { flags: { server: { token: '11hunter2' } } }],
    ['beside a syntax error', 'server:\n  token: 11hunter2: x\n', {}],
  ])('is never shown: %s', async (_case, yaml, more) => {
    const error = await failure(yaml, more)
    const everything = `${error.message}${error.hint}${error.stack}${error.cause}`
    expect(everything).not.toMatch(/hunter2(?!x)|112233445566/)
  })
})

describe('warnings', () => {
  const warningsFor = async (env: Record<string, string>) => (await load(valid, { env })).warnings

  it('name variables that are no settings, with the nearest that is one', async () => {
    expect(await warningsFor({ FOOTMAN_LIMIT_CPUS: '2' })).toEqual([
      'the variable FOOTMAN_LIMIT_CPUS names no setting; did you mean FOOTMAN_LIMITS_CPUS?',
    ])
    expect(await warningsFor({ FOOTMAN_COLOUR_OF_LIVERY: 'red' })).toEqual([
      'the variable FOOTMAN_COLOUR_OF_LIVERY names no setting',
    ])
  })

  it('leave out what belongs to tests, logging, other trades and other programs', async () => {
    const env = {
      FOOTMAN_TEST_X: '1',
      FOOTMAN_LOG_LEVEL: 'debug',
      FOOTMAN_JENKINS_X: '1',
      XDG_X: '1',
      FOOTMANX: '1',
    }
    expect(await warningsFor(env)).toEqual([])
  })

  it('leave out a variable that a setting refers to', async () => {
    const env = { FOOTMAN_TOKEN: 'x', FOOTMAN_SERVER_TOKEN: 'env:FOOTMAN_TOKEN' }
    expect(await warningsFor(env)).toEqual([])
  })
})
