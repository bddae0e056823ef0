import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineSocket } from '../../../../agent/containers/engine-socket.ts'
import { containerLabels, observedContainer } from '../../../../agent/containers/observed-container.ts'
import type { Identity } from '../../../../agent/identity.ts'
import { agentContainerSpec, jarCacheVolume } from '../../../../agent/transports/inbound/container-spec.ts'
import { launchContainer } from '../../../../agent/transports/inbound/launch.ts'
import type { ContainerSpec } from '../../../../core/container-engine.ts'
import { Secret } from '../../../../core/secret.ts'
import { useDocker } from '../../../support/docker.ts'
import { agentContainer, plan } from '../../agent-containers.ts'

const docker = useDocker()
const text = randomBytes(32).toString('hex')
const secret = new Secret(text)
const identity: Identity = {
  machineName: 'laptop-ann',
  machineId: randomBytes(4).toString('hex'),
  controllerId: randomBytes(4).toString('hex'),
}

let folder = ''
let agentJarPath = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'footman-launch-'))
  chmodSync(folder, 0o700) // the cache of a person is nobody else's business
  agentJarPath = join(folder, 'agent.jar')
  writeFileSync(agentJarPath, 'PK this is the jar\n', { mode: 0o644 })
})

afterAll(async () => {
  rmSync(folder, { recursive: true })
  for (const { id } of await docker.engine.list(containerLabels(identity))) await docker.engine.remove(id)
  await docker.engine.removeVolume(jarCacheVolume(identity))
})

/** The container of a slot of its own, from the tiny image. */
function specOf(slot: string, settings: object = {}): ContainerSpec {
  return agentContainerSpec(
    agentContainer({ plan: { ...plan, slot }, identity, image: docker.image, agentJarPath, settings }),
  )
}

/** Launches and waits until the stand-in for Java has told everything. */
async function launch(spec: ContainerSpec): Promise<{ id: string; output: string }> {
  const id = await launchContainer({ engine: docker.engine, spec, secret })
  for (;;) {
    const output = await docker.engine.logs(id, 200)
    if (/^ready$/m.test(output)) return { id, output }
    const state = await docker.engine.inspect(id)
    if (state?.status !== 'running') throw new Error(`the container has ended: ${output}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('an agent in its container', () => {
  test('finds its jar, its secret, a jar cache and a work directory, each with the rights it needs', async () => {
    const { output } = await launch(specOf('laptop-ann-1'))
    expect(output).toMatch(/^arguments: -Xmx96m .* -name laptop-ann-1 -secret @\/footman\/secret\/agent /m)
    expect(output).toMatch(/^755 0:0 \/footman$/m)
    expect(output).toMatch(/^500 1000:1000 \/footman\/secret$/m)
    expect(output).toMatch(/^400 1000:1000 \/footman\/secret\/agent$/m)
    expect(output).toMatch(/^secret of 64 bytes$/m)
    expect(output).toMatch(/^jar cache: writable$/m)
    expect(output).toMatch(/^755 1000:1000 \/home\/jenkins\/agent$/m)
    expect(output).toMatch(/^working directory: writable$/m)
    expect(output).toMatch(/^PK this is the jar$/m)
    expect(output).toMatch(/^agent.jar: read-only$/m)
    expect(output).not.toMatch(/engine: usable/)
    expect(readFileSync(agentJarPath, 'utf8')).toBe('PK this is the jar\n')
  })

  test('works as well in a work directory that the image does not have', async () => {
    const { output } = await launch(specOf('laptop-ann-2', { workDir: '/srv/builds/agent' }))
    expect(output).toMatch(/^755 1000:1000 \/srv\/builds\/agent$/m)
    expect(output).toMatch(/^working directory: writable$/m)
  })

  test('may not gain privileges and holds none', async () => {
    const { output } = await launch(specOf('laptop-ann-3'))
    expect(output).toMatch(/^NoNewPrivs:\s+1$/m)
    expect(output).toMatch(/^CapEff:\s+0+$/m)
    // CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID and SETUID are what is left to give (capability.h)
    expect(output).toMatch(/^CapBnd:\s+00000000000000eb$/m)
  })

  test('uses the engine only where its template says so', async () => {
    const spec = specOf('laptop-ann-4', { dockerSocket: true })
    expect(spec.groups).toEqual([engineSocket().gid])
    const { output } = await launch(spec)
    expect(output).toMatch(/^engine: usable$/m)
  })

  test('shares the jar cache with agents of other users without either being in the way', async () => {
    await launch(specOf('laptop-ann-5'))
    const { output } = await launch({ ...specOf('laptop-ann-6'), user: '4321' })
    expect(output).toMatch(/^400 4321:0 \/footman\/secret\/agent$/m)
    expect(output).toMatch(/^jar cache: writable$/m)
  })
})

describe('the secret', () => {
  test('is nowhere in what docker inspect shows, nor in the log or the processes of the machine', async () => {
    const { id, output } = await launch(specOf('laptop-ann-7'))
    const inspected = await docker.inspectText(id)
    expect(inspected).toContain('@/footman/secret/agent')
    const { stdout: processes } = await promisify(execFile)('docker', ['top', id, '-o', 'pid,args'])
    expect(processes).toContain('laptop-ann-7')
    for (const shown of [inspected, output, processes]) {
      expect(shown).not.toContain(text)
      expect(shown).not.toContain(Buffer.from(text).toString('base64'))
    }
  })

  test('is readable by the user of the container and by no other in it', async () => {
    const { id } = await launch(specOf('laptop-ann-8'))
    const readAs = (user: string) =>
      promisify(execFile)('docker', ['exec', '--user', user, id, 'cat', '/footman/secret/agent'])
    expect((await readAs('1000')).stdout).toBe(text)
    await expect(readAs('4321')).rejects.toThrow(/Permission denied/)
  })
})

describe('what the engine remembers', () => {
  test('is enough to know the container again, and the limits are those of the label', async () => {
    const { id } = await launch(specOf('laptop-ann-9'))
    const found = (await docker.engine.list(containerLabels(identity))).map(observedContainer)
    expect(found).toContainEqual(
      expect.objectContaining({ ...plan, id, slot: 'laptop-ann-9', status: 'running' }),
    )
    expect(await docker.engine.inspect(id)).toMatchObject({
      nanoCpus: 500_000_000,
      memoryBytes: 512 * 2 ** 20,
    })
  })

  test('of a crash between create and start does not block the slot', async () => {
    const spec = specOf('laptop-ann-10')
    const leftover = await docker.engine.create(spec)
    const { id } = await launch(spec)
    expect(id).not.toBe(leftover)
    await expect(launchContainer({ engine: docker.engine, spec, secret })).rejects.toMatchObject({
      failure: 'conflict',
    })
    expect(await docker.engine.inspect(id)).toMatchObject({ status: 'running' })
  })

  test('of a launch that failed is nothing', async () => {
    const spec = { ...specOf('laptop-ann-11'), network: 'footman-test-nowhere' }
    await expect(launchContainer({ engine: docker.engine, spec, secret })).rejects.toThrow(/network/)
    expect(await docker.engine.inspect(spec.name)).toBeUndefined()
  })
})

test('a container that is stopped ends within its grace with the code of SIGTERM', async () => {
  const { id } = await launch(specOf('laptop-ann-12'))
  const startedAtMs = Date.now()
  await docker.engine.stop(id, 10)
  expect(Date.now() - startedAtMs).toBeLessThan(9000)
  expect(await docker.engine.inspect(id)).toMatchObject({ status: 'exited', exitCode: 143 })
})
