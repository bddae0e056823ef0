import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { shipImage } from '../../../library/steps/ship-image.ts'
import { startSshd } from '../../support/sshd.ts'
import { until } from '../../support/until.ts'
import { type FarEngine, startFarEngine } from '../support/far-engine.ts'
import { importImage } from '../support/image.ts'
import { pushImage } from '../support/oci-image.ts'
import { startRegistry } from '../support/registry.ts'
import { callStep } from '../support/step-call.ts'
import { tcpGate } from '../support/tcp-gate.ts'

const run = promisify(execFile)

const settings = [
  'CMD ["sh", "-c", "echo it\'s $HOME"]',
  'ENTRYPOINT ["/bin/env"]',
  'ENV GREETING="it\'s \\"so\\" \\$HOME \\\\ here"',
  'WORKDIR /root',
  'USER nobody',
  'EXPOSE 80',
  'VOLUME /data',
]

let far: FarEngine

beforeAll(async () => {
  far = await startFarEngine()
})
afterAll(() => far.stop())

describe('shipImage', () => {
  test('sends an image layer by layer, and not a second time', async () => {
    const { ship, folder } = await bench()
    const image = await importImage({ changes: settings })
    const first = await ship({ image })
    expect({ status: first.status, log: first.log }).toMatchObject({ status: 0 })
    expect(first.results.values).toMatchObject({
      copied: true,
      name: image,
      previous: '',
      compression: 'zstd',
      id: await here('{{.Id}}', image),
    })
    expect(
      await far.docker('image', 'inspect', '--format', '{{json .RootFS.Layers}} {{json .Config.Env}}', image),
    ).toBe(await here('{{json .RootFS.Layers}} {{json .Config.Env}}', image))
    const size = Number(await here('{{.Size}}', image))
    expect(first.results.values.bytes).toBeGreaterThan(100_000)
    expect(first.results.values.bytes).toBeLessThan(size)

    const second = await ship({ image, as: 'team/other:2' })
    expect(second.results.values).toMatchObject({ copied: false, bytes: 0 })
    expect(await names(far)).toEqual([image, 'team/other:2'].toSorted())
    expect(await leftovers(folder, first.id)).toEqual([])
  })

  test.each(['gzip', 'none'])('compresses by %s where it is told to', async (compress) => {
    const { ship } = await bench()
    const image = await importImage()
    const { status, log, results } = await ship({ image, compress })
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(results.values).toMatchObject({ copied: true, compression: compress })
    expect(await names(far)).toEqual([image])
  })

  test('sends a container as one layer and keeps its settings, with those that are added', async () => {
    const { ship } = await bench()
    const image = await importImage({ changes: settings })
    const container = image.replaceAll(/[^a-z0-9]/g, '-')
    await run('docker', ['create', '--name', container, image])
    onTestFinished(async () => {
      await run('docker', ['rm', '-f', '-v', container])
    })
    const { status, log, results } = await ship({
      container,
      as: 'team/flat:1',
      changes: ['LABEL note="it\'s $HOME; `id`"', 'EXPOSE 81'],
    })
    expect({ status, log }).toMatchObject({ status: 0 })
    const parts = ['.Cmd', '.Entrypoint', '.Env', '.WorkingDir', '.User', '.Volumes']
    const format = parts.map((part) => `{{json .Config${part}}}`).join(' ')
    expect(await far.docker('image', 'inspect', '--format', format, 'team/flat:1')).toBe(
      await here(format, image),
    )
    expect(await far.docker('image', 'inspect', '--format', '{{len .RootFS.Layers}}', 'team/flat:1')).toBe(
      '1',
    )
    expect(
      await far.docker('image', 'inspect', '--format', '{{json .Config.ExposedPorts}}', 'team/flat:1'),
    ).toBe('{"80/tcp":{},"81/tcp":{}}')
    expect(results.values.id).toBe(await far.docker('image', 'inspect', '--format', '{{.Id}}', 'team/flat:1'))
    expect(await names(far)).toEqual(['team/flat:1'])
    const plain = await ship({ container, as: 'team/flat:1', keepConfig: false })
    expect(plain.results.values.previous).toBe(results.values.id)
    expect(await far.docker('image', 'inspect', '--format', '{{json .Config.Env}}', 'team/flat:1')).toMatch(
      /null|\[\]/,
    )
  })

  test('refuses a running container, an image that is not there, and another kind of processor', async () => {
    const { ship } = await bench()
    const image = await importImage()
    const container = image.replaceAll(/[^a-z0-9]/g, '-')
    await run('docker', ['run', '-d', '--network', 'none', '--name', container, image, 'sleep', '600'])
    onTestFinished(async () => {
      await run('docker', ['rm', '-f', '-v', container])
    })
    expect((await ship({ container, as: 'x:1' })).log).toContain('is running')
    expect(await ship({ container, as: 'x:1', allowRunning: true })).toMatchObject({ status: 0 })
    expect((await ship({ image: 'footman-test/none:1' })).log).toContain(
      'there is no image footman-test/none:1 here',
    )
    const registry = await startRegistry(await scratch())
    const foreign = `${registry.host}/foreign:1`
    await pushImage(await scratch(), foreign, { architectures: ['arm64'] })
    await run('docker', ['pull', '-q', foreign])
    onTestFinished(async () => {
      await run('docker', ['rmi', '-f', foreign])
    })
    const refused = await ship({ image: foreign })
    expect(refused.log).toMatch(/made for arm64, and 127\.0\.0\.1 has amd64/)
    expect(await names(far)).toEqual(['x:1'])
  })

  test('talks to nobody whose key is not the pinned one, and says what to do', async () => {
    const { ship, sshd } = await bench()
    const image = await importImage()
    // The second key of the same machine is as good as the first.
    expect(await ship({ image, hostKeys: [sshd.rsaHostKey] })).toMatchObject({ status: 0 })
    const wrong = `ssh-ed25519 ${Buffer.concat([Buffer.from('0000000b7373682d6564323535313900000020', 'hex'), Buffer.alloc(32, 7)]).toString('base64')}`
    const { status, log } = await ship({ image, hostKeys: [wrong], as: 'y:1' })
    expect({ status, log }).toMatchObject({ status: 1, log: expect.stringContaining('see hostKeys') })
    const unknown = await ship({ image, hostKeys: [], as: 'y:1' })
    expect(unknown.log).toContain('see hostKeys')
    expect(await names(far)).toEqual([image])
  })

  test('changes no name when the way breaks in the middle, and removes what it left', async () => {
    const { folder, ship, sshd } = await bench()
    const old = await importImage()
    await ship({ image: old, as: 'team/app:1' })
    const before = await far.docker('image', 'inspect', '--format', '{{.Id}}', 'team/app:1')
    const image = await importImage({ files: { big: await noise(3_000_000) } })
    const gate = await tcpGate(`127.0.0.1:${sshd.options.port}`, { diesAfter: 2_000_000 })
    const broken = await ship({ image, as: 'team/app:1', port: Number(gate.host.split(':')[1]) })
    expect(broken.status).toBe(1)
    expect(broken.log).toContain('the way to 127.0.0.1 broke')
    expect(await far.docker('image', 'inspect', '--format', '{{.Id}}', 'team/app:1')).toBe(before)
    await until(
      'the other machine has cleaned up',
      async () => (await leftovers(folder, broken.id)).length === 0,
    )
    expect(await names(far)).toEqual(['team/app:1'])

    const good = await ship({ image, as: 'team/app:1' })
    expect(good.results.values).toMatchObject({ copied: true, previous: before })
    await far.docker('tag', String(good.results.values.previous), 'team/app:1')
    expect(await far.docker('image', 'inspect', '--format', '{{.Id}}', 'team/app:1')).toBe(before)
  })

  test('takes no truncated stream for an image: the engine here fails in the middle', async () => {
    const { ship, folder } = await bench()
    const image = await importImage()
    const bin = await scratch()
    const real = (await run('bash', ['-c', 'command -v docker'])).stdout.trim()
    await run('bash', [
      '-c',
      `cat >"$1/docker" <<'X'
#!/bin/sh
if [ "$1" = save ]; then "${real}" "$@" | head -c 200000; exit 1; fi
exec "${real}" "$@"
X
chmod 755 "$1/docker"`,
      'x',
      bin,
    ])
    for (const compress of ['zstd', 'gzip', 'none']) {
      const { status, log, id } = await ship({ image, compress }, { PATH: `${bin}:${process.env.PATH}` })
      expect({ status, log }).toMatchObject({ status: 1 })
      expect(await names(far)).toEqual([])
      expect(await leftovers(folder, id)).toEqual([])
    }
  })

  test('leaves nothing behind on either side when it is ended in the middle', async () => {
    const { folder, shipping, sshd } = await bench()
    const image = await importImage({ files: { big: await noise(3_000_000) } })
    const gate = await tcpGate(`127.0.0.1:${sshd.options.port}`, { stallsAfter: 1_000_000 })
    const call = await shipping({ image, as: 'team/app:1', port: Number(gate.host.split(':')[1]) })
    const phase = call.start('run')
    await until('it sends', () => gate.sent() > 1_000_000, { withinMs: 60_000 })
    phase.process.kill('SIGTERM')
    expect((await phase.ended).status).toBe(143)
    expect((await call.phase('end')).status).toBe(0)
    expect((await run('pgrep', ['-f', call.id]).catch(() => ({ stdout: '' }))).stdout).toBe('')
    expect(await names(far)).toEqual([])
    await until(
      'the other machine has cleaned up',
      async () => (await leftovers(folder, call.id)).length === 0,
    )
  })
})

async function bench() {
  onTestFinished(() => far.empty())
  // Where the other machine keeps what is on its way.
  const folder = await scratch()
  const sshd = await startSshd(
    `SetEnv DOCKER_HOST=${far.host} TMPDIR=${folder} PATH=${process.env.PATH ?? ''}`,
  )
  const { options } = sshd
  const shipping = (parameters: Record<string, unknown>, env: Record<string, string> = {}) =>
    callStep(shipImage, {
      parameters: {
        host: options.host,
        port: options.port,
        hostKeys: [options.hostKey],
        ...parameters,
      },
      env: {
        HOME: folder,
        STEP_LOGIN_USER: options.user,
        STEP_LOGIN_KEY: join(sshd.dir, 'client'),
        ...env,
      },
    })
  const ship = async (parameters: Record<string, unknown>, env: Record<string, string> = {}) => {
    const call = await shipping(parameters, env)
    const ended = await call.phase('run')
    return { id: call.id, ...ended }
  }
  return { folder, sshd, shipping, ship }
}

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'footman-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function here(format: string, image: string): Promise<string> {
  return (await run('docker', ['image', 'inspect', '--format', format, image])).stdout.trim()
}

async function names(engine: FarEngine): Promise<string[]> {
  const found = await engine.docker('images', '--format', '{{.Repository}}:{{.Tag}}')
  return found
    .split('\n')
    .filter((name) => name !== '' && !name.includes('<none>'))
    .toSorted()
}

/** What the call left at the far end or here: folders, and the name under which it travelled. */
async function leftovers(folder: string, id: string): Promise<string[]> {
  const { stdout } = await run('docker', ['images', '-q', `footman-ship:${id}`])
  const folders = (await readdir(folder)).filter((name) => name.startsWith('footman-ship'))
  return [...folders, ...stdout.split('\n').filter((line) => line !== '')]
}

async function noise(bytes: number): Promise<string> {
  return (await run('bash', ['-c', `head -c ${bytes} /dev/urandom | base64`], { maxBuffer: 2 * bytes }))
    .stdout
}
