import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agentConfigSchema } from '../../../../agent/config/schema.ts'
import { containerLabels } from '../../../../agent/containers/observed-container.ts'
import { controllerIdOf } from '../../../../agent/identity.ts'
import { insideSsh } from '../../../../agent/transports/ssh/inside.ts'
import { credentialId } from '../../../../agent/transports/ssh/slots.ts'
import { createSshTransport } from '../../../../agent/transports/ssh/ssh.ts'
import type { SlotContext } from '../../../../agent/transports/transport.ts'
import type { SlotPlan } from '../../../../agent/world.ts'
import type { ContainerEngine } from '../../../../core/container-engine.ts'
import { connectDocker } from '../../../../core/docker.ts'
import { runOrThrow } from '../../../../core/process.ts'
import { Secret } from '../../../../core/secret.ts'
import { connectSsh } from '../../../../core/ssh.ts'
import { newSshKeyPair, type SshKeyPair } from '../../../../core/ssh-keys.ts'
import { connectJenkins } from '../../../../jenkins/connect.ts'
import type { Jenkins } from '../../../../jenkins/jenkins.ts'
import { type PracticeController, startPracticeController } from '../../../../jenkins/practice/controller.ts'
import { practiceImage } from '../../../../jenkins/practice/image.ts'
import { until } from '../../../support/until.ts'

/** Real containers with Debian's sshd, a real login by ssh2, and the practice controller on loopback. */
const run = randomBytes(3).toString('hex')
const image = `footman-test/sshd:${run}`
const machineName = `ssh-${run}`
let engine: ContainerEngine
let controller: PracticeController
let jenkins: Jenkins
/** Every pair that was made, to look for its traces. */
const made: SshKeyPair[] = []
const transport = createSshTransport({
  newKeyPair: () => {
    const pair = newSshKeyPair()
    made.push(pair)
    return pair
  },
})

beforeAll(async () => {
  engine = await connectDocker()
  await practiceImage(engine, image, { withSshd: true })
  controller = await startPracticeController({ quietPeriodMs: 0 })
  jenkins = connectJenkins({
    url: controller.url,
    user: controller.user,
    token: new Secret(controller.token),
  })
  await jenkins.root()
})

afterAll(async () => {
  for (const { id } of await engine.list(containerLabels(identity()))) await engine.remove(id)
  await controller.stop()
  await engine.removeImage(image)
})

function identity() {
  return { machineName, machineId: run, controllerId: controllerIdOf(controller.url) }
}

function contextOf(yaml: object = {}, template: object = {}): SlotContext {
  const config = agentConfigSchema.parse({
    controller: { url: controller.url, user: controller.user, token: 'env:NONE' },
    images: { allow: [image], pull: 'never' },
    templates: [{ name: 'default', image, env: { GREETING: 'a "quoted" \\ $word' }, ...template }],
    ...yaml,
  })
  const plan = {
    config,
    identity: identity(),
    images: () => ({ default: image }),
    cacheDir: '',
    describe: (slot: string) => `of ${slot}`,
  }
  return { jenkins, engine, plan, secrets: new Map() }
}

let slots = 0

function newPlan(): SlotPlan {
  const slot = `${machineName}-${++slots}`
  return { slot, template: 'default', size: { cpus: 0.5, memoryBytes: 256 * 2 ** 20 }, nodeLabels: [slot] }
}

async function isOnline(slot: string): Promise<void> {
  await until(`${slot} is online`, async () => (await jenkins.node(slot))?.connected, { withinMs: 60_000 })
}

async function containerOf(slot: string) {
  const all = await engine.list({ 'io.footman.slot': slot })
  return all[0] ? await engine.inspect(all[0].id) : undefined
}

describe('a slot over SSH', () => {
  test('is opened, builds, and leaves no key behind when it is closed', { timeout: 120_000 }, async () => {
    const context = contextOf()
    const plan = newPlan()
    const { slot } = plan
    await transport.rest({ slot, exists: false }, context)
    const before = made.length
    await transport.open({ plan, nodeExists: true }, context)
    const [hostPair, clientPair] = made.slice(before)
    await isOnline(slot)

    controller.createJob(slot, {
      kind: 'freestyle',
      label: slot,
      scripts: ['echo "I am $(id -un), $GREETING, in $(pwd)"'],
    })
    controller.build(slot)
    const result = await until('the build ends', async () => (await jenkins.buildState(slot, 1)).result)
    expect(result).toBe('SUCCESS')
    expect(await jenkins.buildLog(slot, 1)).toContain(
      `I am jenkins, a "quoted" \\ $word, in /home/jenkins/agent/workspace/${slot}`,
    )

    // The controller has the key that is let in, the container the host's, and nobody has both.
    expect(controller.state.credentials.get(credentialId(slot, context))?.secret).toBe(
      clientPair?.privateKey.reveal(),
    )
    const container = await containerOf(slot)
    const { stdout: shown } = await runOrThrow(['docker', 'inspect', container?.id ?? ''], {
      timeoutMs: 20_000,
    })
    for (const pair of [hostPair, clientPair]) {
      for (const line of pair?.privateKey.reveal().split('\n').slice(1, -2) ?? [])
        expect(shown).not.toContain(line)
    }
    const { stdout: history } = await runOrThrow(['docker', 'image', 'inspect', image], { timeoutMs: 20_000 })
    expect(history).not.toContain('host_key')

    await transport.release(slot, context)
    await engine.remove(container?.id ?? '')
    await transport.rest({ slot, exists: true }, context)
    expect(await jenkins.credentialIds()).toEqual([])
    expect(JSON.stringify([...controller.state.credentials.values()])).not.toContain('PRIVATE KEY')
    expect(controller.state.computers.get(slot)?.config?.launcher?.attributes.class).toBe(
      'hudson.slaves.JNLPLauncher',
    )
    expect(await containerOf(slot)).toBeUndefined()
  })

  test('runs sshd without root and without a capability, and lets nobody else in', {
    timeout: 120_000,
  }, async () => {
    const context = contextOf({ container: { capabilities: [] } })
    const plan = newPlan()
    await transport.open({ plan, nodeExists: false }, context)
    const container = await containerOf(plan.slot)
    const port = container?.ports?.[insideSsh.port] ?? 0
    const hostKey = made.at(-2)?.publicKey ?? ''
    const login = { host: '127.0.0.1', port, user: 'jenkins', hostKey, timeoutMs: 10_000 }
    await expect(
      connectSsh({ ...login, identity: { privateKey: newSshKeyPair().privateKey } }),
    ).rejects.toMatchObject({ failure: 'unauthenticated' })
    const connection = await connectSsh({
      ...login,
      identity: { privateKey: made.at(-1)?.privateKey ?? new Secret('') },
    })
    const { stdout } = await connection.run('cat /proc/self/status', { timeoutMs: 10_000 })
    expect(stdout).toMatch(/^CapEff:\s+0{16}$/m)
    expect(stdout).toMatch(/^NoNewPrivs:\s+1$/m)
    expect(stdout).toMatch(/^Uid:\s+1000\s/m)
    const change = await connection.run(['/bin/sh', '-c', `echo x >>${insideSsh.authorizedKeys}`], {
      timeoutMs: 10_000,
    })
    expect(change.exitCode).not.toBe(0)
    await connection.close()
  })

  test('gets its node back, with another key, when somebody deletes it', { timeout: 120_000 }, async () => {
    const context = contextOf()
    const plan = newPlan()
    await transport.open({ plan, nodeExists: false }, context)
    await isOnline(plan.slot)
    const key = () => controller.state.credentials.get(credentialId(plan.slot, context))?.secret
    const first = key()
    await jenkins.deleteNode(plan.slot)
    const { id = '' } = (await containerOf(plan.slot)) ?? {}
    await transport.restore({ id, plan }, context)
    await isOnline(plan.slot)
    expect(key()).not.toBe(first)
  })

  test('is refused by the controller when its host key has changed, and the reason is found', {
    timeout: 120_000,
  }, async () => {
    const context = contextOf()
    const plan = newPlan()
    const { slot } = plan
    await transport.open({ plan, nodeExists: false }, context)
    await isOnline(slot)
    const { id = '' } = (await containerOf(slot)) ?? {}
    const { privateKey } = newSshKeyPair()
    await engine.putFiles(id, '/', [
      {
        name: insideSsh.hostKey.slice(1),
        content: Buffer.from(privateKey.reveal()),
        mode: 0o400,
        uid: 1000,
        gid: 1000,
      },
    ])
    await runOrThrow(['docker', 'exec', id, 'sh', '-c', 'kill -HUP $(cat /proc/1/task/1/children)'], {
      timeoutMs: 20_000,
    })
    await jenkins.disconnect(slot, 'of a test')
    const attempt = { jenkins, node: slot, secret: new Secret('none'), log: '', agentUrl: jenkins.url }
    const cause = await until(
      'the controller tells why',
      async () => {
        const words = await transport.explain(attempt)
        return words.includes('another key') && words
      },
      { withinMs: 30_000 },
    )
    expect(cause).toContain('set ssh.host and ssh.port')
    expect((await jenkins.node(slot))?.connected).toBe(false)
  })
})

describe('a slot is refused, with the cure, and nothing is left of it', () => {
  const cases: [string, () => { context: SlotContext; error: object }][] = [
    [
      'when its image has no such user',
      () => ({
        context: contextOf({ ssh: { user: 'nobody-here' } }),
        error: { message: expect.stringContaining('nobody-here') },
      }),
    ],
    [
      'when its image has no Java',
      () => ({
        context: contextOf({}, { java: '/opt/nothing/java' }),
        error: { hint: expect.stringContaining('templates[].java') },
      }),
    ],
    [
      'when its image has no sshd',
      () => ({
        context: contextOf({ ssh: { sshd: '/nowhere/sshd' } }),
        error: { message: expect.stringContaining('/nowhere/sshd') },
      }),
    ],
    [
      'when the builds could write nothing',
      () => ({ context: contextOf({}, { workDir: '/proc/agent' }), error: { code: expect.any(String) } }),
    ],
    [
      'when the controller would be led to somebody else',
      () => ({
        context: contextOf({ ssh: { host: '127.0.0.9', bind: '127.0.0.8' } }),
        error: { hint: expect.stringContaining('ssh.host') },
      }),
    ],
  ]
  test.each(cases)('%s', { timeout: 120_000 }, async (_name, given) => {
    const { context, error } = given()
    const plan = newPlan()
    await expect(transport.open({ plan, nodeExists: false }, context)).rejects.toMatchObject(error)
    expect(await containerOf(plan.slot)).toBeUndefined()
    expect(await jenkins.node(plan.slot)).toBeUndefined()
    expect(controller.state.credentials.has(credentialId(plan.slot, context))).toBe(false)
  })

  test('when its port is taken', { timeout: 120_000 }, async () => {
    const plan = newPlan()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const bound = server.address()
    const taken = typeof bound === 'object' && bound ? bound.port : 0
    const context = contextOf({ ssh: { port: taken - slots + 1 } })
    try {
      await expect(transport.open({ plan, nodeExists: false }, context)).rejects.toMatchObject({
        message: expect.stringContaining('is taken on this machine'),
        hint: expect.stringContaining('ssh.port'),
      })
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
    expect(await containerOf(plan.slot)).toBeUndefined()
  })
})
