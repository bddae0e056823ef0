import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Secret } from '../../../core/secret.ts'
import { newSshKeyPair } from '../../../core/ssh-keys.ts'
import { connectJenkins } from '../../../jenkins/connect.ts'
import type { Jenkins } from '../../../jenkins/jenkins.ts'
import { type PracticeController, startPracticeController } from '../../../jenkins/practice/controller.ts'
import { startSshServer } from '../../support/ssh-server.ts'
import { tempDir } from '../../support/temp-dir.ts'

let controller: PracticeController

afterEach(() => controller.stop())

interface Play {
  jenkins: Jenkins
  launcher: {
    kind: 'ssh'
    host: string
    port: number
    credentialsId: string
    hostKey: string
    java: string
    jvmOptions: string
  }
  server: Awaited<ReturnType<typeof startSshServer>>
}

/** A node n1 without labels, and a host that takes the key k1. */
async function play(): Promise<Play> {
  controller = await startPracticeController({ quietPeriodMs: 0 })
  const server = await startSshServer()
  const remoteFs = join(await tempDir(), 'agent')
  await mkdir(remoteFs)
  const jenkins = connectJenkins({
    url: controller.url,
    user: controller.user,
    token: new Secret(controller.token),
  })
  const spec = {
    name: 'n1',
    description: '',
    labels: ['n'],
    remoteFs,
    executors: 1,
    mode: 'exclusive',
    webSocket: true,
  } as const
  await jenkins.createNode({ ...spec, labels: [...spec.labels] })
  await jenkins.putSshKey({
    id: 'k1',
    description: 'of a test',
    user: 'jenkins',
    privateKey: server.privateKey,
  })
  const launcher = {
    kind: 'ssh',
    host: '127.0.0.1',
    port: server.port,
    credentialsId: 'k1',
    hostKey: server.hostKey,
    java: process.execPath,
    jvmOptions: '',
  } as const
  return {
    jenkins,
    launcher: { ...launcher, java: `exec /bin/sh -c 'shift; exec "${process.execPath}" "$@"' java` },
    server,
  }
}

const soon = { timeout: 8_000, interval: 20 }

async function isOnline(jenkins: Jenkins): Promise<void> {
  await vi.waitFor(async () => expect(await jenkins.node('n1')).toMatchObject({ connected: true }), soon)
}

describe('a node with an SSH launcher', () => {
  test('gets its agent started, runs a build on it, and tells of it in its log', async () => {
    const { jenkins, launcher } = await play()
    await jenkins.updateNode('n1', { launcher })
    await isOnline(jenkins)
    expect(await jenkins.node('n1')).toMatchObject({ inbound: false, offline: false })
    controller.createJob('job', { kind: 'freestyle', label: 'n', scripts: ['echo "shell says $((40 + 2))"'] })
    controller.build('job')
    await vi.waitFor(async () => expect((await jenkins.buildState('job', 1)).result).toBe('SUCCESS'), soon)
    expect(await jenkins.buildLog('job', 1)).toContain('shell says 42')
    const log = await jenkins.nodeLog('n1')
    expect(log).toContain('[SSH] Authentication successful.')
    expect(log).toContain('Launcher: SSHLauncher')
    expect(log).toContain('Agent successfully connected and online')
  })

  test('is not dialled into when the host shows another key, and its log says so', async () => {
    const { jenkins, launcher } = await play()
    await jenkins.updateNode('n1', { launcher: { ...launcher, hostKey: newSshKeyPair().publicKey } })
    await vi.waitFor(
      async () =>
        expect(await jenkins.nodeLog('n1')).toContain(
          'does not match the key required in the connection configuration',
        ),
      soon,
    )
    expect(await jenkins.node('n1')).toMatchObject({ connected: false })
  })

  test('is not dialled into with the wrong key, nor with one that is gone', async () => {
    const { jenkins, launcher } = await play()
    const { privateKey } = newSshKeyPair()
    await jenkins.putSshKey({ id: 'k2', description: 'a stranger', user: 'jenkins', privateKey })
    await jenkins.updateNode('n1', { launcher: { ...launcher, credentialsId: 'k2' } })
    await vi.waitFor(async () => expect(await jenkins.nodeLog('n1')).toContain('Authentication failed'), soon)
    await jenkins.updateNode('n1', { launcher: { ...launcher, credentialsId: 'k3' } })
    await vi.waitFor(async () => expect(await jenkins.nodeLog('n1')).toContain('cannot be found'), soon)
  })

  test('may be asked to launch as often as one likes, also while its agent is there, or dials in itself', async () => {
    const { jenkins, launcher, server } = await play()
    await jenkins.launch('n1')
    await jenkins.updateNode('n1', { launcher })
    await isOnline(jenkins)
    await jenkins.launch('n1')
    expect(server.logins).toBe(1)
  })

  test('gets another agent when the connection was lost', async () => {
    const { jenkins, launcher, server } = await play()
    await jenkins.updateNode('n1', { launcher })
    await isOnline(jenkins)
    server.drop()
    await vi.waitFor(() => expect(server.logins).toBe(2), soon)
    await isOnline(jenkins)
  })
})

test('a key is kept once, changed by keeping it again, and deleted as often as one likes', async () => {
  const { jenkins } = await play()
  const key = {
    id: 'k1',
    description: 'of <another> & "test"',
    user: 'root',
    privateKey: newSshKeyPair().privateKey,
  }
  await jenkins.putSshKey(key)
  expect(await jenkins.credentialIds()).toEqual(['k1'])
  expect(controller.state.credentials.get('k1')).toMatchObject({
    description: key.description,
    username: 'root',
    scope: 'SYSTEM',
    secret: key.privateKey.reveal(),
  })
  await jenkins.deleteCredential('k1')
  await jenkins.deleteCredential('k1')
  expect(await jenkins.credentialIds()).toEqual([])
})
