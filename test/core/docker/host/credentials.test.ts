import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allRegistryAuth, registryAuth } from '../../../../core/docker/host/credentials.ts'
import { redact, type Secret } from '../../../../core/secret.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'footman-logins-'))
  helper(
    'vault',
    `case $(cat) in a.example) echo '{"ServerURL":"a.example","Username":"ann","Secret":"from-the-vault"}';;
    https://index.docker.io/v1/) echo '{"Username":"<token>","Secret":"identity-token"}';;
    *) echo 'credentials not found in native keychain'; exit 1;; esac`,
  )
  helper('broken', 'echo boom; exit 2')
  helper('talkative', 'echo hello')
})
afterAll(() => rmSync(folder, { recursive: true }))

function helper(name: string, script: string): void {
  writeFileSync(join(folder, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

function surroundings(config: unknown) {
  const text = typeof config === 'string' ? config : JSON.stringify(config)
  writeFileSync(join(folder, 'config.json'), text)
  return { env: { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env.PATH}` }, signal: undefined }
}

/** What the header says, which must be padded base64 for URLs. */
function opened(header: Secret | undefined): unknown {
  const text = header?.reveal() ?? ''
  expect(text).toMatch(/^[\w-]*={0,2}$/)
  expect(text.length % 4).toBe(0)
  return text === '' ? undefined : JSON.parse(Buffer.from(text, 'base64url').toString())
}

async function loginOf(registry: string, config: unknown): Promise<unknown> {
  return opened(await registryAuth(registry, surroundings(config)))
}

const auth = (login: string) => ({ auth: Buffer.from(login).toString('base64') })

describe('the login of a registry', () => {
  test('is none where nobody logged in', async () => {
    expect(await loginOf('a.example', {})).toBeUndefined()
    expect(await loginOf('a.example', { auths: { 'b.example': auth('bob:pw-of-bob') } })).toBeUndefined()
    expect(await loginOf('a.example', { auths: { 'a.example': {} } })).toBeUndefined()
    const env = { DOCKER_CONFIG: join(folder, 'nowhere') }
    expect(await registryAuth('a.example', { env, signal: undefined })).toBeUndefined()
  })

  test.each([
    ['a.example', 'a.example'],
    ['a.example', 'https://a.example/v1/'],
    ['a.example:5000', 'http://a.example:5000'],
    ['docker.io', 'https://index.docker.io/v1/'],
  ])('%s is found in the file under %s', async (registry, key) => {
    expect(await loginOf(registry, { auths: { [key]: auth('ann:pass:word') } })).toEqual({
      username: 'ann',
      password: 'pass:word',
      serveraddress: registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry,
    })
  })

  test('can be an identity token', async () => {
    const entry = { ...auth('<token>:'), identitytoken: 'the-identity' }
    expect(await loginOf('a.example', { auths: { 'a.example': entry } })).toMatchObject({
      identitytoken: 'the-identity',
    })
  })

  test("comes from the registry's helper before the common one before the file", async () => {
    const auths = { 'a.example': auth('old:from-the-file'), 'c.example': auth('carl:from-the-file') }
    const helped = { username: 'ann', password: 'from-the-vault' }
    expect(await loginOf('a.example', { auths, credsStore: 'vault' })).toMatchObject(helped)
    expect(
      await loginOf('a.example', { auths, credsStore: 'broken', credHelpers: { 'a.example': 'vault' } }),
    ).toMatchObject(helped)
    expect(await loginOf('c.example', { auths, credsStore: 'vault' })).toMatchObject({ username: 'carl' })
    expect(await loginOf('docker.io', { credsStore: 'vault' })).toMatchObject({
      identitytoken: 'identity-token',
    })
  })

  test('never shows', async () => {
    const header = await registryAuth('a.example', surroundings({ credsStore: 'vault' }))
    expect(inspect(header)).toBe('[redacted]')
    expect(redact(`say ${header?.reveal()} and from-the-vault`)).toBe('say [redacted] and [redacted]')
  })

  test.each([
    ['missing', /no such program/, /put it on the PATH/],
    ['broken', /exit code 2/, /docker-credential-broken get/],
    ['talkative', /its answer is none/, /docker-credential-talkative get/],
    ['../vault', /no name of a program/, /config.json/],
  ])('from the helper %s is an error with a cure', async (name, message, hint) => {
    await expect(loginOf('a.example', { credsStore: name })).rejects.toMatchObject({
      code: 'user',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    })
  })

  test('in a spoiled file is an error that quotes nothing of it', async () => {
    const error = await loginOf('a.example', '{"auths": {"a.example": {"auth": "c2VjcmV0"}}').catch((e) => e)
    expect(error).toMatchObject({
      code: 'config',
      message: expect.stringMatching(/config.json: it is not JSON/),
    })
    expect(inspect(error)).not.toContain('c2VjcmV0')
    await expect(loginOf('a.example', { credsStore: 7 })).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(/credsStore/),
    })
  })
})

test('a build gets all logins that can be had', async () => {
  const config = {
    auths: { 'b.example': auth('bob:pw-of-bob'), 'https://index.docker.io/v1/': {}, 'd.example': {} },
    credHelpers: { 'a.example': 'vault', 'd.example': 'broken', 'docker.io': 'vault' },
  }
  expect(opened(await allRegistryAuth(surroundings(config)))).toEqual({
    'a.example': { username: 'ann', password: 'from-the-vault' },
    'b.example': { username: 'bob', password: 'pw-of-bob' },
    'https://index.docker.io/v1/': { identitytoken: 'identity-token' },
  })
  expect(await allRegistryAuth(surroundings({}))).toBeUndefined()
})
