import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../core/errors.ts'
import { createLog } from '../../core/log.ts'
import { readSecret, type SecretSourceOptions } from '../../core/secret-source.ts'
import { tempDir } from '../support/temp-dir.ts'

function listen() {
  const lines: string[] = []
  return { log: createLog({ sink: { write: (text) => lines.push(text) } }), lines }
}

async function read(reference: string, more: Partial<SecretSourceOptions> = {}) {
  const { log, lines } = listen()
  const options = { setting: 'controller.token', log, env: {}, home: '/nowhere', ...more }
  const secret = await readSecret(reference, options)
  return { text: secret.reveal(), printed: String(secret), lines }
}

async function failure(reference: string, more: Partial<SecretSourceOptions> = {}) {
  const error = await read(reference, more).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof ConfigError)) throw new Error(`expected a ConfigError, got ${error}`)
  return error
}

async function secretFile(content: string, mode = 0o600) {
  const dir = await tempDir()
  const path = join(dir, 'token')
  await writeFile(path, content)
  await chmod(path, mode)
  return { dir, path }
}

describe('a file', () => {
  it.each([
    ['abcdef', 'abcdef'],
    ['abcdef\n', 'abcdef'],
    ['abcdef\r\n', 'abcdef'],
    ['abcdef\n\n', 'abcdef\n'],
    [' abcdef ', ' abcdef '],
    ['-----BEGIN KEY-----\nx\n-----END KEY-----\n', '-----BEGIN KEY-----\nx\n-----END KEY-----'],
  ])('gives all but one line break at its end: %j', async (content, expected) => {
    const { path } = await secretFile(content)
    expect(await read(`file:${path}`)).toEqual({ text: expected, printed: '[redacted]', lines: [] })
  })

  it('is found below the home folder, or below the folder of whoever asks', async () => {
    const { dir } = await secretFile('abcdef')
    expect((await read('file:~/token', { home: dir })).text).toBe('abcdef')
    const { log } = listen()
    const secret = await readSecret('file:~/token', { setting: 'x', log, env: { HOME: dir } })
    expect(secret.reveal()).toBe('abcdef')
    expect((await read('file:token', { baseDir: dir })).text).toBe('abcdef')
  })

  it.each([0o640, 0o604, 0o660])(
    'that others may open is taken with a warning and its cure: %o',
    async (mode) => {
      const { path } = await secretFile('abcdef', mode)
      const { text, lines } = await read(`file:${path}`)
      expect(text).toBe('abcdef')
      expect(lines.join('')).toContain(`chmod 600 ${path}`)
      expect(lines.join('')).not.toContain('abcdef')
    },
  )

  it.each([
    ['', 'is empty'],
    ['\n', 'is empty'],
    ['  \n', 'is empty'],
    ['x'.repeat(70_000), 'far too long'],
  ])('that holds no secret is refused: %#', async (content, reason) => {
    const { path } = await secretFile(content)
    const { message } = await failure(`file:${path}`)
    expect(message).toContain('controller.token')
    expect(message).toContain(reason)
  })

  it('that is not there comes with the command that makes it', async () => {
    const { message, hint } = await failure('file:/nowhere/token')
    expect(message).toContain('controller.token: cannot read /nowhere/token')
    expect(hint).toBe('write the secret there: (umask 077; cat > /nowhere/token)')
  })

  it('that is a folder is refused', async () => {
    const dir = await tempDir()
    await mkdir(join(dir, 'token'))
    expect((await failure(`file:${dir}/token`)).hint).toContain('name a file inside')
  })
})

describe('a variable', () => {
  it('gives its value', async () => {
    expect((await read('env:TOKEN', { env: { TOKEN: 'abcdef\n' } })).text).toBe('abcdef')
  })

  it.each([
    [{}, 'the variable TOKEN is not set'],
    [{ TOKEN: '' }, 'the variable TOKEN is empty'],
  ])('must hold something: %j', async (env, reason) => {
    expect((await failure('env:TOKEN', { env })).message).toBe(`controller.token: ${reason}`)
  })
})

describe('the standard input', () => {
  it('is read to its end', async () => {
    expect((await read('stdin', { stdin: Readable.from(['abc', 'def\n']) })).text).toBe('abcdef')
  })

  it('must hold something', async () => {
    expect((await failure('stdin', { stdin: Readable.from([]) })).message).toContain(
      'the standard input is empty',
    )
  })

  it('must be no terminal, where the secret would be seen', async () => {
    const terminal = Object.assign(Readable.from(['abcdef']), { isTTY: true })
    expect((await failure('stdin', { stdin: terminal })).hint).toContain('< FILE')
  })

  it('is not waited for without end', async () => {
    const { message } = await failure('stdin', { stdin: new PassThrough(), timeoutMs: 20 })
    expect(message).toContain('it did not end within 20ms')
  })

  it('is left at once when the work is called off', async () => {
    const reason = new Error('called off')
    const controller = new AbortController()
    const reading = read('stdin', { stdin: new PassThrough(), signal: controller.signal })
    controller.abort(reason)
    await expect(reading).rejects.toBe(reason)
  })
})

it.each(['hunter2', 'file:', 'env:', 'FILE:x', ''])(
  'never repeats what is no reference: %j',
  async (reference) => {
    const { message, hint } = await failure(reference)
    expect(message).toBe('controller.token does not say where the secret is found')
    expect(hint).toBe('write file:PATH, env:NAME or stdin')
  },
)
