import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Secret } from '../../core/secret.ts'
import { connectJenkins } from '../../jenkins/connect.ts'
import { serveHttp } from '../support/local-server.ts'
import { hurriedClock, replay } from '../support/replay-server.ts'
import { tempDir } from '../support/temp-dir.ts'

const login = { user: 'admin', token: new Secret('TOKEN') }

test.each([
  ['http://jenkins.test', 'http://jenkins.test/'],
  ['https://jenkins.test:8443/ci', 'https://jenkins.test:8443/ci/'],
  ['http://jenkins.test/ci//?x=1#top', 'http://jenkins.test/ci/'],
])('%s is brought into the form %s', (url, root) => {
  expect(connectJenkins({ ...login, url }).url).toBe(root)
})

test.each(['jenkins.test', 'ftp://jenkins.test/', ''])('%j is refused as URL of a controller', (url) => {
  expect(() => connectJenkins({ ...login, url })).toThrow(/controller\.url/)
})

test('a URL with a password is refused without repeating it', () => {
  expect(() => connectJenkins({ ...login, url: 'http://ann:hunter2@jenkins.test/' })).toThrow(
    /^controller\.url holds a user or a password$/,
  )
})

test('a controller below a context path is found there', async () => {
  const url = await replay([['auth', 5]], '/jenkins/')
  const jenkins = connectJenkins({ ...login, url, env: {}, clock: hurriedClock })
  expect(await jenkins.whoAmI()).toMatchObject({ name: 'admin' })
})

test('changes work below a context path as well, where Jenkins sends browsers to paths below it', async () => {
  const url = await serveHttp((_request, response) =>
    response.writeHead(302, { Location: '/jenkins/computer/n1/' }).end(),
  )
  const jenkins = connectJenkins({ ...login, url: `${url}jenkins`, env: {} })
  await jenkins.markOffline('n1', 'x')
})

test('a CA file that is missing or holds no certificate is a mistake in the configuration', async () => {
  const file = join(await tempDir(), 'ca.pem')
  const connect = () => connectJenkins({ ...login, url: 'https://jenkins.test/', caFile: file })
  expect(connect).toThrow(/ca\.pem cannot be used: ENOENT/)
  await writeFile(file, 'not a certificate')
  expect(connect).toThrow('it holds no certificate in PEM form')
  await writeFile(file, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
  expect(connect).toThrow(/cannot be used/)
})
