import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { agentConfigSchema } from '../../../agent/config/schema.ts'
import { findEngine } from '../../../agent/daemon/find-engine.ts'
import { silentLog } from '../../../core/log.ts'
import { newSshKeyPair } from '../../../core/ssh-keys.ts'
import { startSshServer } from '../../support/ssh-server.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function find(settings: object, env: NodeJS.ProcessEnv = {}) {
  const controller = { url: 'http://jenkins.test/', user: 'ann', token: 'env:NONE' }
  const config = agentConfigSchema.parse({ controller, ...settings })
  const home = await tempDir()
  const signal = new AbortController().signal
  return findEngine(config, {
    log: silentLog,
    env: { HOME: home, ...env },
    cwd: home,
    stdin: new PassThrough(),
    signal,
  })
}

test('the configured engine is the only one looked at', async () => {
  await expect(
    find({ docker: 'unix:///nowhere/mine.sock' }, { DOCKER_HOST: 'unix:///nowhere/other.sock' }),
  ).rejects.toThrow(/the configured address: .*mine\.sock/)
  await expect(find({}, { DOCKER_HOST: 'unix:///nowhere/other.sock' })).rejects.toThrow(
    /DOCKER_HOST: .*other\.sock/,
  )
})

test('key and host key of an engine behind SSH come from the configuration', async () => {
  const server = await startSshServer({ runsNothing: true })
  const docker = `ssh://ann@127.0.0.1:${server.port}`
  const env = { KEY: server.privateKey.reveal() }
  // Logged in, which is all that this server is good for.
  await expect(find({ docker, dockerSsh: { key: 'env:KEY', hostKey: server.hostKey } }, env)).rejects.toThrow(
    /does not run the command/,
  )
  expect(server.logins).toBe(1)
  const other = { key: 'env:KEY', hostKey: newSshKeyPair().publicKey }
  await expect(find({ docker, dockerSsh: other }, env)).rejects.toMatchObject({
    message: expect.stringContaining('another host key than the pinned one'),
    hint: expect.stringContaining('fingerprint'),
  })
  expect(server.logins).toBe(1)
})

test('without a host key in known_hosts nobody is logged in to', async () => {
  const server = await startSshServer()
  const env = { KEY: server.privateKey.reveal() }
  await expect(
    find({ docker: `ssh://ann@127.0.0.1:${server.port}`, dockerSsh: { key: 'env:KEY' } }, env),
  ).rejects.toMatchObject({
    message: expect.stringContaining('known_hosts'),
    hint: expect.stringContaining('dockerSsh.hostKey'),
  })
  expect(server.logins).toBe(0)
})
