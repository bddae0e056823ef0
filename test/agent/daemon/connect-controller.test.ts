import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { agentConfigSchema } from '../../../agent/config/schema.ts'
import { connectController, controllerConnector } from '../../../agent/daemon/connect-controller.ts'
import { silentLog } from '../../../core/log.ts'
import { serveHttp } from '../../support/local-server.ts'
import { tempDir } from '../../support/temp-dir.ts'

/** A controller that only notes with which password it was asked, and a configuration for it. */
async function bench(token: string, stdin = '') {
  const heard: string[] = []
  const url = await serveHttp(({ headers: { authorization = '' } }, response) => {
    const pair = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString()
    heard.push(pair)
    response.setHeader('X-Jenkins', '2.498').end(JSON.stringify({ name: 'ann' }))
  })
  const cwd = await tempDir()
  const config = agentConfigSchema.parse({ controller: { url, user: 'ann', token } })
  const context = {
    log: silentLog,
    env: {},
    cwd,
    stdin: Readable.from([stdin]),
    signal: new AbortController().signal,
  }
  return { heard, cwd, config, context, tokenFile: join(cwd, 'token') }
}

test('a token that was renewed in its file is used from the next client on', async () => {
  const { heard, config, context, tokenFile } = await bench('file:token')
  const connect = controllerConnector(config, context)
  await writeFile(tokenFile, 'first-token\n', { mode: 0o600 })
  await (await connect()).whoAmI()
  await writeFile(tokenFile, 'renewed-token\n', { mode: 0o600 })
  await (await connect()).whoAmI()
  expect(heard).toEqual(['ann:first-token', 'ann:renewed-token'])
})

test('a token from the standard input, which can be read once, is kept for later clients', async () => {
  const { heard, config, context } = await bench('stdin', 'poured-token\n')
  const connect = controllerConnector(config, context)
  await (await connect()).whoAmI()
  await (await connect()).whoAmI()
  expect(heard).toEqual(['ann:poured-token', 'ann:poured-token'])
})

test('a token that is not there is told with the setting and the cure, before anybody is asked', async () => {
  const { heard, config, context, tokenFile } = await bench('file:token')
  await expect(connectController(config, context)).rejects.toMatchObject({
    message: expect.stringContaining(`controller.token: cannot read ${tokenFile}`),
    hint: expect.stringContaining('write the secret there'),
    exitCode: 2,
  })
  expect(heard).toEqual([])
})
