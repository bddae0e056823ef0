import { expect, test } from 'vitest'
import { Secret } from '../../core/secret.ts'
import { connectJenkins } from '../../jenkins/connect.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import { authorityFile, certificate } from '../support/certificates.ts'
import { serveHttps } from '../support/local-server.ts'

function connect(url: string, caFile?: string): Jenkins {
  return connectJenkins({ url, user: 'ann', token: new Secret('TOKEN'), caFile, env: {}, timeoutMs: 5000 })
}

function serve(name: Parameters<typeof certificate>[0]): Promise<string> {
  return serveHttps(certificate(name), (_request, response) => response.end('{"name":"ann"}'))
}

test('a controller with an authority of its own is trusted by a CA file', async () => {
  const jenkins = connect(await serve('server'), authorityFile)
  expect(await jenkins.whoAmI()).toMatchObject({ name: 'ann' })
})

test('without the CA file the error says which setting is missing', async () => {
  await expect(connect(await serve('server')).whoAmI()).rejects.toMatchObject({
    failure: 'unreachable',
    message: expect.stringMatching(/the certificate of 127\.0\.0\.1:\d+ is signed by nobody we know$/),
    hint: expect.stringContaining('controller.caFile'),
  })
})

test('a certificate that has expired is not excused by the CA file', async () => {
  await expect(connect(await serve('expired'), authorityFile).whoAmI()).rejects.toMatchObject({
    failure: 'unreachable',
    message: expect.stringContaining('has expired'),
  })
})

test('a certificate for another name is refused', async () => {
  await expect(connect(await serve('other-name'), authorityFile).whoAmI()).rejects.toMatchObject({
    failure: 'unreachable',
    message: expect.stringContaining('made out to another name'),
    hint: expect.stringContaining('controller.url'),
  })
})
