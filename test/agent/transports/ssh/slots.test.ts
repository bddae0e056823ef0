import { describe, expect, test } from 'vitest'
import { agentConfigSchema } from '../../../../agent/config/schema.ts'
import { insideSsh } from '../../../../agent/transports/ssh/inside.ts'
import { credentialId } from '../../../../agent/transports/ssh/slots.ts'
import { createSshTransport } from '../../../../agent/transports/ssh/ssh.ts'
import type { SlotContext } from '../../../../agent/transports/transport.ts'
import { RemoteError, UserError } from '../../../../core/errors.ts'
import { redact } from '../../../../core/secret.ts'
import { newSshKeyPair, type SshKeyPair } from '../../../../core/ssh-keys.ts'
import { fakeDocker } from '../../../support/docker-fake.ts'
import { FakeJenkins } from '../../../support/fake-jenkins.ts'
import { trial } from '../../../support/trial.ts'

const image = 'jenkins/ssh-agent:jdk21'
const slotPlan = {
  slot: 'ann-1',
  template: 'default',
  size: { cpus: 1, memoryBytes: 2 ** 30 },
  nodeLabels: ['linux'],
}

function bench(yaml: object = {}) {
  const jenkins = new FakeJenkins()
  const engine = fakeDocker()
  engine.addImage(image, { env: { PATH: '/opt/java/bin:/bin', LANG: 'C' } })
  const { readFile } = engine
  const passwd =
    'root:x:0:0::/root:/bin/sh\njenkins:x:1000:1000::/home/jenkins:/bin/sh\nbuilder:x:1001:1001::/:/bin/sh\n'
  engine.readFile = async (id, path, signal) =>
    path === '/etc/passwd' ? Buffer.from(passwd) : await readFile.call(engine, id, path, signal)
  const pairs: SshKeyPair[] = []
  const logins: { host: string; port: number | undefined; heard: string[] }[] = []
  let refusal: Error | undefined
  const transport = createSshTransport({
    newKeyPair: () => {
      const pair = newSshKeyPair()
      pairs.push(pair)
      return pair
    },
    check: async ({ login }) => {
      logins.push({ host: login.host, port: login.port, heard: [...jenkins.calls] })
      if (refusal) throw refusal
    },
    address: async () => ({ host: '10.0.0.7', bind: '10.0.0.7' }),
  })
  const controller = { url: jenkins.url, user: 'ann', token: 'env:NONE' }
  const config = agentConfigSchema.parse({ controller, ...yaml })
  const context: SlotContext = {
    jenkins,
    engine,
    secrets: new Map(),
    plan: {
      config,
      identity: { machineName: 'ann', machineId: 'm1', controllerId: 'c1' },
      images: () => ({ default: image }),
      cacheDir: '',
      describe: (slot) => `of ${slot}`,
    },
  }
  return {
    jenkins,
    engine,
    pairs,
    logins,
    transport,
    context,
    refuse: (error: Error) => {
      refusal = error
    },
    open: (nodeExists = false) => transport.open({ plan: slotPlan, nodeExists }, context),
  }
}

describe('a slot over SSH', () => {
  test('is tried before Jenkins hears of it, then credential, node and launch follow in this order', async () => {
    const { jenkins, logins, open } = bench()
    await open()
    expect(logins).toEqual([{ host: '10.0.0.7', port: 40_001, heard: [] }])
    expect(jenkins.calls).toEqual([
      'putSshKey footman-m1-ann-1',
      'createNode ann-1',
      'updateNode ann-1',
      'launch ann-1',
    ])
  })

  test('has its host key pinned and its own key in the store, each half where it belongs', async () => {
    const { jenkins, engine, pairs, context, open } = bench()
    await open()
    const [host, client] = pairs
    expect(jenkins.launchers.get('ann-1')).toMatchObject({
      kind: 'ssh',
      host: '10.0.0.7',
      port: 40_001,
      credentialsId: credentialId('ann-1', context),
      hostKey: host?.publicKey,
      jvmOptions: expect.stringContaining('-Xmx'),
    })
    expect(jenkins.credentials.get('footman-m1-ann-1')?.privateKey.reveal()).toBe(client?.privateKey.reveal())
    const [{ id = '' } = {}] = engine.containers()
    const file = (path: string) => engine.file(id, path)
    expect(file(insideSsh.hostKey)).toMatchObject({
      mode: 0o400,
      content: Buffer.from(host?.privateKey.reveal() ?? ''),
    })
    expect(file(insideSsh.authorizedKeys)).toMatchObject({
      uid: 0,
      content: Buffer.from(`${client?.publicKey}\n`),
    })
    expect(file(insideSsh.config)?.content.toString()).toContain('SetEnv "PATH=/opt/java/bin:/bin" "LANG=C"')
    const seen = JSON.stringify([engine.spec(id), engine.containers()])
    for (const pair of pairs) expect(seen).not.toContain(pair.privateKey.reveal().split('\n')[2])
  })

  test('publishes one port of one address, and runs nothing as root', async () => {
    const { engine, open } = bench({ ssh: { port: 22_200, user: 'builder' } })
    await open()
    const [{ id = '' } = {}] = engine.containers()
    expect(engine.spec(id)).toMatchObject({
      user: 'builder',
      publish: [{ containerPort: insideSsh.port, hostIp: '10.0.0.7', hostPort: 22_200 }],
      capDrop: ['ALL'],
      noNewPrivileges: true,
      mounts: [],
      labels: { 'io.footman.transport': 'ssh' },
    })
  })

  test('is known by nobody here any more: its keys are forgotten', async () => {
    const { pairs, open } = bench()
    await open()
    for (const { privateKey } of pairs) expect(redact(privateKey.reveal())).toBe(privateKey.reveal())
  })

  test('rests as an inbound node without labels, with nothing of SSH left in it', async () => {
    const { jenkins, transport, context, open } = bench()
    await open()
    await transport.release('ann-1', context)
    await transport.rest({ slot: 'ann-1', exists: true }, context)
    expect(jenkins.credentials.size).toBe(0)
    expect(jenkins.launchers.get('ann-1')).toEqual({ kind: 'inbound', webSocket: true })
    expect(jenkins.store.get('ann-1')).toMatchObject({ labels: [], description: 'of ann-1' })
    await transport.release('ann-1', context)
  })

  test('gets another key with its node, and keeps its host key', async () => {
    const { jenkins, engine, pairs, transport, context, open } = bench()
    await open()
    jenkins.store.clear()
    const [{ id = '' } = {}] = engine.containers()
    await transport.restore({ id, plan: slotPlan }, context)
    const [host, , second] = pairs
    expect(jenkins.launchers.get('ann-1')).toMatchObject({ hostKey: host?.publicKey })
    expect(engine.file(id, insideSsh.authorizedKeys)?.content.toString()).toBe(`${second?.publicKey}\n`)
    expect(jenkins.store.get('ann-1')?.labels).toEqual(['linux'])
  })
})

test('a slot that has a container already keeps it, and its key', async () => {
  const { jenkins, engine, open } = bench()
  await open()
  await expect(open(true)).rejects.toMatchObject({ failure: 'conflict' })
  expect(engine.containers()).toHaveLength(1)
  expect(jenkins.credentials.size).toBe(1)
})

describe('a slot that cannot be opened leaves neither container nor key', () => {
  test('when the login fails', async () => {
    const { jenkins, engine, refuse, open } = bench()
    refuse(new UserError('no Java'))
    await expect(open()).rejects.toThrow('no Java')
    expect(engine.containers()).toEqual([])
    expect(jenkins.calls).toEqual(['deleteCredential footman-m1-ann-1'])
  })

  test('when the store takes no key', async () => {
    const { jenkins, engine, open } = bench()
    const hint = 'ask an administrator of Jenkins to give ann the permission Credentials/Create'
    jenkins.fail('putSshKey', new RemoteError('forbidden', 'user ann lacks the permission', { hint }))
    await expect(open()).rejects.toMatchObject({ hint })
    expect(engine.containers()).toEqual([])
    expect(jenkins.store.size).toBe(0)
  })

  test('when the node cannot be changed', async () => {
    const { jenkins, engine, open } = bench()
    jenkins.fail('updateNode', new RemoteError('timeout', 'late'))
    await expect(open()).rejects.toThrow('late')
    expect(engine.containers()).toEqual([])
    expect(jenkins.credentials.size).toBe(0)
  })

  test.each([
    ['at once', 0],
    ['a moment later', 1],
  ])('when sshd ends %s, in its own words', async (_when, looksBefore) => {
    const { engine, refuse, open } = bench()
    refuse(new RemoteError('unreachable', 'nobody answers'))
    engine.onStart((id) => {
      engine.say(id, 'sshd: no hostkeys available -- exiting.')
    })
    const inspect = engine.inspect.bind(engine)
    let looks = 0
    engine.inspect = async (id, signal) => {
      const state = await inspect(id, signal)
      return state && ++looks > looksBefore ? { ...state, status: 'exited' } : state
    }
    await expect(open()).rejects.toMatchObject({
      message: 'sshd ended at once: sshd: no hostkeys available -- exiting.',
      hint: expect.stringContaining('OpenSSH'),
    })
  })

  test('when its image has no such user', async () => {
    const { engine, open } = bench({ ssh: { user: 'nobody' } })
    await expect(open()).rejects.toMatchObject({
      message: expect.stringContaining('no user nobody'),
      hint: expect.stringContaining('ssh.user'),
    })
    expect(engine.containers()).toEqual([])
  })

  test('when its port is taken', async () => {
    const { engine, open } = bench({ ssh: { port: 22_200 } })
    engine.failNext('start', new UserError('Bind for 10.0.0.7:22200 failed: port is already allocated'))
    await expect(open()).rejects.toMatchObject({ hint: expect.stringContaining('set ssh.port') })
    expect(engine.containers()).toEqual([])
  })

  test('in the network of the machine without a port of its own', async () => {
    const { engine, open } = bench({ templates: [{ name: 'default', network: 'host' }] })
    await expect(open()).rejects.toMatchObject({ hint: expect.stringContaining('set ssh.port') })
    expect(engine.containers()).toEqual([])
  })
})

describe('trying SSH out', () => {
  test('says what the controller lacks, before anything is started', async () => {
    const { jenkins, engine, transport } = bench()
    const hint = 'let an administrator install the plugins credentials and ssh-credentials'
    jenkins.fail('credentialIds', new RemoteError('not-found', 'there is no credential store', { hint }))
    expect(await transport.tryOut(trial({ jenkins, engine }))).toMatchObject({ usable: false, cure: hint })
    expect(engine.calls).toEqual([])
  })

  test('is not possible without an engine or an image, which is no verdict', async () => {
    const { jenkins, transport } = bench()
    expect(await transport.tryOut(trial({ jenkins }))).toMatchObject({ usable: undefined })
    expect(await transport.tryOut(trial({ jenkins, engine: new Error('no Docker') }))).toMatchObject({
      finding: expect.stringContaining('no Docker'),
    })
    expect(await transport.tryOut(trial({ jenkins, engine: fakeDocker() }))).toMatchObject({
      usable: undefined,
      cure: `fetch it: docker pull ${image}`,
    })
  })

  test('has the controller log in, and takes everything away again', async () => {
    const { jenkins, engine, transport } = bench()
    jenkins.addNode('n', { description: 'Made by footman preflight on ann' })
    jenkins.onLaunch = (node) => jenkins.agentConnects(node)
    expect(await transport.tryOut(trial({ jenkins, engine }))).toMatchObject({
      usable: true,
      finding: expect.stringContaining('the controller logged in'),
    })
    expect(engine.containers()).toEqual([])
    expect(jenkins.credentials.size).toBe(0)
    expect(jenkins.store.get('n')).toMatchObject({
      labels: [],
      description: 'Made by footman preflight on ann',
    })
  })

  test('tells why a slot could not even be opened, with its cure', async () => {
    const { jenkins, engine, transport, refuse } = bench()
    jenkins.addNode('n')
    refuse(new UserError('no Java', { hint: 'bring one' }))
    expect(await transport.tryOut(trial({ jenkins, engine }))).toEqual({
      usable: false,
      finding: 'no Java',
      cure: 'bring one',
    })
    expect(engine.containers()).toEqual([])
  })
})

test.each([
  [
    '[SSH] WARNING: The SSH key for this host does not match the key required in the connection configuration. Connections',
    'another key',
  ],
  ['ERROR: The selected credentials cannot be found', 'does not find the key'],
  ['[SSH] Authentication failed.', 'does not take the key'],
  ['java.net.ConnectException: Connection refused', 'set ssh.host'],
  ['java.net.ConnectException: Connection timed out', 'firewall'],
  ['ERROR: something of its own kind', 'the controller says: something of its own kind'],
  ['', 'has not logged in'],
])('the log of a node tells why: %s', async (log, words) => {
  const { jenkins, transport } = bench()
  jenkins.addNode('n')
  jenkins.logs.set('n', log)
  const secret = newSshKeyPair().privateKey
  const attempt = { jenkins, node: 'n', secret, log: '', agentUrl: '' }
  expect(await transport.explain(attempt)).toContain(words)
})
