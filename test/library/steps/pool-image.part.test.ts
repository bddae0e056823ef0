import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { poolImage } from '../../../library/steps/pool-image.ts'
import { startSshd } from '../../support/sshd.ts'
import { until } from '../../support/until.ts'
import { type FarEngine, startFarEngine } from '../support/far-engine.ts'
import { importImage } from '../support/image.ts'
import { callStep } from '../support/step-call.ts'

const run = promisify(execFile)

let noise = ''
let far: FarEngine

beforeAll(async () => {
  noise = (await run('bash', ['-c', 'head -c 6000000 /dev/urandom | base64'], { maxBuffer: 1e8 })).stdout
  far = await startFarEngine()
})
afterAll(() => far.stop())

describe('poolImage', () => {
  test('the second of two similar images costs at most a tenth of a gzip of it', async () => {
    const { pool, use } = await bench()
    const [first, second] = await versions()
    const one = await use({ action: 'save', image: first })
    expect({ status: one.status, log: one.log }).toMatchObject({ status: 0 })
    const two = await use({ action: 'save', image: second })
    expect({ status: two.status, log: two.log }).toMatchObject({ status: 0 })
    const zipped = await gzipOf(second)
    expect(Number(two.results.values.newBytes)).toBeLessThan(zipped / 10)
    expect(two.results.values).toMatchObject({ image: second, images: [first, second].toSorted() })
    expect(Number(two.results.values.bytes)).toBeGreaterThan(8_000_000)

    const id = await idOf(second)
    await run('docker', ['rmi', second])
    const back = await use({ action: 'load', image: second })
    expect({ status: back.status, log: back.log }).toMatchObject({ status: 0 })
    expect(await idOf(second)).toBe(id)
    expect(back.results.values.previous).toBe('')
    const again = await use({ action: 'save', image: second })
    expect(again.results.values).toMatchObject({ newBytes: 0 })
    const list = await use({ action: 'list' })
    expect(list.log).toContain(`${second}: `)
    expect((await readdir(join(pool, 'footman'))).filter((name) => name.endsWith('.card'))).toHaveLength(2)
  })

  test('unpacks layers first where the engine keeps them compressed', async () => {
    const { use, folder } = await bench()
    const [first, second] = await versions()
    const PATH = await engineThatCompresses(folder)
    const before = await Promise.all([first, second].map((image) => idOf(image)))
    const plain = await use({ action: 'save', image: first }, { PATH })
    expect({ status: plain.status, log: plain.log }).toMatchObject({ status: 0 })
    const two = await use({ action: 'save', image: second }, { PATH })
    expect({ status: two.status, log: two.log }).toMatchObject({ status: 0 })
    expect(Number(two.results.values.newBytes)).toBeLessThan((await gzipOf(second)) / 10)
    await run('docker', ['rmi', first, second])
    for (const image of [first, second]) {
      const { status, log } = await use({ action: 'load', image })
      expect({ status, log }).toMatchObject({ status: 0 })
    }
    expect(await Promise.all([first, second].map((image) => idOf(image)))).toEqual(before)
  })

  test('takes every name, and keeps names apart that look alike', async () => {
    const { use } = await bench()
    const image = await importImage()
    const names = [
      'footman-test-pool/a',
      'footman-test-pool/a/b:1',
      'footman-test-pool/a-b:1',
      `127.0.0.1:5000/footman-test-pool/${'long-'.repeat(30)}name:${'t'.repeat(120)}`,
    ]
    onTestFinished(async () => {
      await run('docker', ['rmi', '-f', ...names]).catch(() => undefined)
    })
    for (const name of names) {
      await run('docker', ['tag', image, name])
      expect(await use({ action: 'save', image: name })).toMatchObject({ status: 0 })
      await run('docker', ['rmi', name])
    }
    const list = await use({ action: 'list' })
    expect(list.results.values.images).toEqual(
      names.map((name, index) => (index === 0 ? `${name}:latest` : name)).toSorted(),
    )
    for (const name of names) expect(await use({ action: 'load', image: name })).toMatchObject({ status: 0 })
    expect(await idOf(names[3] ?? '')).toBe(await idOf(image))
  })

  test('stores nothing of an image that is not there or breaks off while it is read', async () => {
    const { pool, use, folder } = await bench()
    const absent = await use({ action: 'save', image: 'footman-test/none:1' })
    expect(absent.log).toContain('there is no image footman-test/none:1 here')
    const image = await importImage()
    const PATH = await engine(folder, `save) "$real" "$@" | head -c 100000; exit 1 ;;`)
    const broken = await use({ action: 'save', image }, { PATH })
    expect(broken.status).toBe(1)
    expect(broken.log).toContain('could not be saved')
    const load = await use({ action: 'load', image })
    expect(load.log).toContain(`the pool has no ${image}`)
    expect((await use({ action: 'list' })).results.values.images).toEqual([])
    expect(await leftovers(pool)).toEqual([])
  })

  test('loads nothing that was damaged in the pool', async () => {
    const { pool, use } = await bench()
    const image = await importImage()
    await use({ action: 'save', image })
    const id = await idOf(image)
    await run('docker', ['rmi', image])
    const packs = join(pool, 'objects/pack')
    for (const name of await readdir(packs)) {
      if (!name.endsWith('.pack')) continue
      const pack = await readFile(join(packs, name))
      const middle = Math.floor(pack.length / 2)
      pack.fill(0, middle, middle + 64)
      await chmod(join(packs, name), 0o644)
      await writeFile(join(packs, name), pack)
    }
    const { status, log } = await use({ action: 'load', image })
    expect({ status, log }).toMatchObject({
      status: 1,
      log: expect.stringMatching(/damaged: it was not loaded|cannot be read from the pool/),
    })
    await expect(idOf(image)).rejects.toThrow()
    expect(id).toMatch(/^sha256:/)
  })

  test.each([
    ['a folder that holds other things', { pool: 'other' }, 'holds other things and is no pool'],
    ['a pool that is not there, for loading', { action: 'load', pool: 'none' }, 'is no pool'],
    ['a folder of docker', { pool: '/var/lib/docker/x' }, 'belongs to docker'],
  ])('refuses %s', async (_, parameters, complaint) => {
    const { use, folder } = await bench()
    const image = await importImage()
    await mkdir(join(folder, 'other'))
    await writeFile(join(folder, 'other/file'), 'mine')
    const pool = parameters.pool.startsWith('/') ? parameters.pool : join(folder, parameters.pool)
    const { status, log } = await use({ action: 'save', image, ...parameters, pool })
    expect({ status, log }).toMatchObject({ status: 1, log: expect.stringContaining(complaint) })
    expect(await readdir(join(folder, 'other'))).toEqual(['file'])
  })

  test('brings the pool over a thin link, goes on after an interruption, and the other side can load', async () => {
    const { pool, use, using, folder, remote } = await bench()
    const [first, second] = await versions()
    await use({ action: 'save', image: first })
    const to = join(folder, 'their pool')
    const whole = (await run('du', ['-sb', join(pool, 'objects')])).stdout.split('\t')[0]
    const call = await using({ action: 'sync', to, bandwidth: 2048, ...remote.parameters }, remote.env)
    const phase = call.start('run')
    const partial = join(to, 'objects/pack/.footman-partial')
    const packs = join(to, 'objects/pack')
    await until('a part is there', async () => (await sizeOf(packs)) > 1_000_000, { withinMs: 60_000 })
    phase.process.kill('SIGTERM')
    expect((await phase.ended).status).toBe(143)
    expect((await run('pgrep', ['-f', call.folder]).catch(() => ({ stdout: '' }))).stdout).toBe('')
    await until('the part is kept', async () => (await sizeOf(partial)) > 500_000)

    const rest = await use({ action: 'sync', to, ...remote.parameters }, remote.env)
    expect({ status: rest.status, log: rest.log }).toMatchObject({ status: 0 })
    expect(Number(rest.results.values.bytes)).toBeLessThan(Number(whole) * 0.95)
    expect(await leftovers(to)).toEqual([])

    await use({ action: 'save', image: second })
    const next = await use({ action: 'sync', to, ...remote.parameters }, remote.env)
    expect(Number(next.results.values.bytes)).toBeLessThan((await gzipOf(second)) / 10)
    const ids = await Promise.all([first, second].map((image) => idOf(image)))
    await run('docker', ['rmi', first, second])
    for (const image of [first, second]) {
      const { status, log } = await use({ action: 'load', image, pool: to })
      expect({ status, log }).toMatchObject({ status: 0 })
    }
    expect(await Promise.all([first, second].map((image) => idOf(image)))).toEqual(ids)
  })

  test('syncs into no folder that holds something else, and to no host whose key is unknown', async () => {
    const { use, folder, remote } = await bench()
    await use({ action: 'save', image: await importImage() })
    const to = join(folder, 'other')
    await mkdir(to)
    await writeFile(join(to, 'file'), 'mine')
    for (const place of [{ to }, { to, ...remote.parameters }]) {
      const { status, log } = await use({ action: 'sync', ...place }, remote.env)
      expect({ status, log }).toMatchObject({ status: 1, log: expect.stringContaining('holds other things') })
    }
    expect(await readdir(to)).toEqual(['file'])
    const stranger = { ...remote.parameters, hostKeys: [] }
    const { log } = await use({ action: 'sync', to: join(folder, 'new'), ...stranger }, remote.env)
    expect(log).toContain('see hostKeys')
  })

  test('prunes all but the newest of each repository, and waits for nobody for ever', async () => {
    const { pool, use } = await bench()
    const image = await importImage({ files: { noise } })
    const small = await importImage()
    const names = ['footman-test-pool/x:1', 'footman-test-pool/x:2', 'footman-test-pool/y:1']
    onTestFinished(async () => {
      await run('docker', ['rmi', '-f', ...names]).catch(() => undefined)
    })
    for (const [index, name] of names.entries()) {
      await run('docker', ['tag', index === 0 ? image : small, name])
      await use({ action: 'save', image: name })
      // Cards are sorted by the second in which they were saved.
      await new Promise((resolve) => setTimeout(resolve, 1100))
    }
    const holder = spawn('flock', ['--shared', join(pool, 'footman/lock'), 'sleep', '60'], { detached: true })
    await until('the lock is held', async () => {
      const tried = await run('flock', ['-n', '-x', join(pool, 'footman/lock'), 'true']).catch(() => 'held')
      return tried === 'held'
    })
    const busy = await use({ action: 'prune', keepNewest: 1, lockTimeout: '1s' })
    expect(busy.log).toContain('is in use')
    process.kill(-(holder.pid ?? 0), 'SIGKILL')
    await once(holder, 'exit')

    const { status, log, results } = await use({ action: 'prune', keepNewest: 1 })
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(results.values).toMatchObject({ removed: [names[0]], images: [names[1], names[2]] })
    expect(Number(results.values.bytes)).toBeGreaterThan(3_000_000)
    await run('docker', ['rmi', '-f', ...names])
    expect(await use({ action: 'load', image: names[1] })).toMatchObject({ status: 0 })
    expect((await use({ action: 'load', image: names[0] })).log).toContain('the pool has no')
  })

  test('patches what another machine has, and sends all of it where nothing proves that it has it', async () => {
    const { use, remote, folder } = await bench()
    const [first, second] = await versions()
    await run('bash', ['-c', 'docker save "$1" | DOCKER_HOST=$2 docker load', 'x', first, far.host])
    const patch = { action: 'patch', image: second, base: first, pool: undefined, ...remote.parameters }
    const { status, log, results } = await use(patch, remote.env)
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(Number(results.values.newBytes)).toBeLessThan((await gzipOf(second)) / 10)
    expect(await far.docker('image', 'inspect', '--format', '{{.Id}}', second)).toBe(await idOf(second))
    expect(results.values.previous).toBe('')

    await far.empty()
    const other = await importImage()
    await run('bash', ['-c', 'docker save "$1" | DOCKER_HOST=$2 docker load', 'x', other, far.host])
    await far.docker('tag', other, first)
    const all = await use(patch, remote.env)
    expect({ status: all.status, log: all.log }).toMatchObject({ status: 0 })
    expect(all.log).toContain(`has not the same ${first}`)
    expect(Number(all.results.values.newBytes)).toBeGreaterThan(1_000_000)
    expect(await far.docker('image', 'inspect', '--format', '{{.Id}}', second)).toBe(await idOf(second))
    expect((await readdir(folder)).filter((name) => name.startsWith('footman-patch'))).toEqual([])
  })

  test('leaves the pool as it was when it is ended in the middle of saving', async () => {
    const { pool, use, using, folder } = await bench()
    const image = await importImage({ files: { noise } })
    const PATH = await engine(folder, `save) "$real" "$@" | { head -c 3000000; sleep 60; cat; } ;;`)
    const call = await using({ action: 'save', image }, { PATH })
    const phase = call.start('run')
    await until('it is saving', async () => (await readdir(call.folder)).includes('stream.hash'), {
      withinMs: 60_000,
    })
    await new Promise((resolve) => setTimeout(resolve, 1000))
    phase.process.kill('SIGTERM')
    expect((await phase.ended).status).toBe(143)
    expect((await call.phase('end')).status).toBe(0)
    expect((await run('pgrep', ['-f', pool]).catch(() => ({ stdout: '' }))).stdout).toBe('')
    expect((await use({ action: 'list' })).results.values.images).toEqual([])
    expect(await use({ action: 'save', image })).toMatchObject({ status: 0 })
  })
})

async function bench() {
  const folder = await mkdtemp(join(tmpdir(), 'footman-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  onTestFinished(() => far.empty())
  const pool = join(folder, 'the pool')
  const sshd = await startSshd(
    `SetEnv DOCKER_HOST=${far.host} TMPDIR=${folder} PATH=${process.env.PATH ?? ''}`,
  )
  const { options } = sshd
  const remote = {
    parameters: { host: options.host, port: options.port, hostKeys: [options.hostKey] },
    env: { HOME: folder, STEP_LOGIN_USER: options.user, STEP_LOGIN_KEY: join(sshd.dir, 'client') },
  }
  const using = (parameters: Record<string, unknown>, env: Record<string, string> = {}) =>
    callStep(poolImage, { parameters: { pool, ...parameters }, env })
  const use = async (parameters: Record<string, unknown>, env: Record<string, string> = {}) =>
    (await using(parameters, env)).phase('run')
  return { folder, pool, remote, using, use }
}

/** Two versions of an image: the second has one line more in one file. */
async function versions(): Promise<[string, string]> {
  const paths = ['/usr/lib/x86_64-linux-gnu/perl-base']
  const text = Array.from({ length: 2000 }, (_, index) => `line ${index}`).join('\n')
  return [
    await importImage({ paths, files: { noise, text }, changes: ['CMD ["one"]'] }),
    await importImage({ paths, files: { noise, text: `a new line\n${text}` }, changes: ['CMD ["two"]'] }),
  ]
}

async function gzipOf(image: string): Promise<number> {
  return Number((await run('bash', ['-c', 'docker save "$1" | gzip | wc -c', 'x', image])).stdout)
}

async function idOf(image: string): Promise<string> {
  return (await run('docker', ['image', 'inspect', '--format', '{{.Id}}', image])).stdout.trim()
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (facts) => facts.size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((total, size) => total + size, 0)
}

/** What a call must not leave in a pool. */
async function leftovers(pool: string): Promise<string[]> {
  return (await readdir(pool, { recursive: true })).filter((name) => /\.new\.|partial/.test(name))
}

/** A PATH whose docker does some things in another way: cases of bash, which find the real one in $real. */
async function engine(folder: string, cases: string): Promise<string> {
  const bin = join(folder, 'bin')
  const real = (await run('bash', ['-c', 'command -v docker'])).stdout.trim()
  await mkdir(bin)
  const script = `#!/bin/bash\nset -e\nreal='${real}'\ncase $1 in\n${cases}\n*) exec "$real" "$@" ;;\nesac\n`
  await writeFile(join(bin, 'docker'), script)
  await chmod(join(bin, 'docker'), 0o755)
  return `${bin}:${process.env.PATH ?? ''}`
}

/** As engines do that keep images as a registry does: what they save has gzipped layers. */
function engineThatCompresses(folder: string): Promise<string> {
  return engine(
    folder,
    `info) echo '[["driver-type","io.containerd.snapshotter.v1"]]' ;;
save)
  d=$(mktemp -d)
  trap 'rm -rf "$d"' EXIT
  "$real" save "$2" | tar -x -C "$d"
  for layer in "$d"/*/layer.tar; do gzip -n "$layer"; mv "$layer.gz" "$layer"; done
  tar -c -C "$d" .
  ;;`,
  )
}
