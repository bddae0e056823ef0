import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { homeKeeper } from '../../../jenkins/home/keeper.ts'
import { homeScript } from '../../../jenkins/home/script.ts'
import { useDockerHost } from '../../support/docker-host.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { toolsRootfs } from '../../support/tools-image.ts'
import { until } from '../../support/until.ts'
import { fingerprint } from './fingerprint.ts'

const exec = promisify(execFile)
const test = useDockerHost()
const image = `footman-test-tools:${randomBytes(4).toString('hex')}`
const facts = {
  version: '2.498',
  imageId: 'sha256:abc',
  digest: undefined,
  transaction: 'one',
  reason: 'before the upgrade',
  atMs: 1_700_000_000_000,
}

beforeAll(async () => {
  // As the official images do, which would leave a volume behind with every helper.
  await test.docker.engine.importImage(await toolsRootfs(), image, [
    'VOLUME /var/jenkins_home',
    'USER jenkins',
  ])
})
afterAll(async () => {
  await test.docker.engine.removeImage(image)
})

/** A keeper over folders of this machine, with names that a shell stumbles over. */
async function stage(change: { store?: string; home?: string; image?: string; silenceMs?: number } = {}) {
  const folder = join(await tempDir(), "the butler's Häuser")
  const home = change.home ?? join(folder, 'home')
  const store = change.store ?? join(folder, 'back ups')
  await mkdir(join(folder, 'home'), { recursive: true })
  const controller = test.name()
  const progress: string[] = []
  const { silenceMs } = change
  const keeper = homeKeeper({
    host: test.host,
    places: { controller, home, store, image: change.image ?? image },
    labels: { ...test.labels, 'footman.transaction': 'one' },
    onProgress: (line) => progress.push(line),
    ...(silenceMs !== undefined && { silenceMs }),
  })
  onTestFinished(() => keeper.endHelpers())
  const helpers = () => test.host.list({ 'footman.controller': controller, 'footman.role': 'helper' })
  return { keeper, controller, home, store, progress, helpers, folder }
}

async function furnish(home: string): Promise<void> {
  await mkdir(join(home, 'jobs/a job'), { recursive: true })
  await mkdir(join(home, 'plugins/git/WEB-INF'), { recursive: true })
  await mkdir(join(home, 'secrets'))
  await mkdir(join(home, 'war'))
  await writeFile(join(home, 'config.xml'), '<hudson/>')
  await writeFile(join(home, 'jobs/a job/config.xml'), '<project/>')
  await writeFile(join(home, 'plugins/git.jpi'), randomBytes(10_000))
  await writeFile(join(home, 'plugins/git/WEB-INF/x.jar'), 'unpacked')
  await writeFile(join(home, 'secrets/master.key'), 'the key', { mode: 0o600 })
  await writeFile(join(home, 'war/index.html'), 'unpacked')
  await exec('chown', ['-R', '1000:1000', home])
}

describe('the keeper of a home', () => {
  it('backs it up, proves it, and puts it back', async () => {
    const { keeper, home, store, controller, progress, helpers } = await stage()
    await furnish(home)
    expect(await keeper.measure()).toMatchObject({ files: 6, storeFreeBytes: expect.any(Number) })
    expect(await keeper.warmCopy('one', undefined)).toMatchObject({ files: 6, copiedFiles: 6 })
    await writeFile(join(home, 'config.xml'), '<hudson>2</hudson>')
    const before = await fingerprint(home)
    expect(await keeper.snapshot('one', facts)).toMatchObject({ files: 6 })
    expect(await helpers()).toEqual([])
    expect(await keeper.backups()).toEqual([
      {
        id: 'one',
        ...facts,
        files: 6,
        bytes: expect.any(Number),
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        verifiedAtMs: undefined,
      },
    ])
    expect(await keeper.verify('one')).toEqual({ ok: true })
    const [backup] = await keeper.backups()
    expect(backup?.verifiedAtMs).toBeGreaterThan(1_700_000_000_000)
    expect((await stat(store)).mode & 0o777).toBe(0o700)

    await rm(join(home, 'jobs'), { recursive: true })
    await writeFile(join(home, 'jobs'), 'now a file')
    expect(await keeper.compare('one')).toContain('jobs: kind f instead of d')
    await keeper.restore('one', 'bad')
    expect(await fingerprint(home)).toEqual(before)
    expect(await keeper.compare('one')).toEqual([])
    expect(await keeper.failedHomes()).toEqual([
      { id: 'bad', atMs: expect.any(Number), bytes: expect.any(Number) },
    ])
    expect(await readFile(join(store, controller, 'failed/bad/home/jobs'), 'utf8')).toBe('now a file')

    await keeper.removeFailedHome('bad')
    await keeper.removeBackup('one')
    await keeper.removeBackup('one')
    expect([await keeper.backups(), await keeper.failedHomes()]).toEqual([[], []])
    expect(await helpers()).toEqual([])
    expect(progress).toContain('looking at what has changed')
  })

  it('works on volumes, makes the one for backups, and copies to a third for a rehearsal', async () => {
    const names = [test.name(), test.name(), test.name()] as const
    const [home, store, copy] = names
    onTestFinished(async () => {
      for (const name of names) await test.host.removeVolume(name)
    })
    const { keeper, controller } = await stage({ home, store })
    await expect(keeper.measure()).rejects.toThrow(`there is no volume ${home}`)
    await test.host.createVolume(home, test.labels)
    const run = async (volume: string, script: string) =>
      (
        await exec('docker', [
          'run',
          '--rm',
          '--network',
          'none',
          '-u',
          '0',
          '-v',
          `${volume}:/v`,
          image,
          'bash',
          '-c',
          script,
        ])
      ).stdout
    await run(
      home,
      'cd /v && mkdir -m 2770 jobs && echo x >jobs/x && chown -R 1000:1000 . && touch -d @5.5 jobs .',
    )
    await keeper.warmCopy('one', undefined)
    await keeper.copyTo('one', copy)
    await keeper.copyTo('one', copy)
    const look = 'cd /v && stat -c "%a %u %.9Y" . jobs && cat jobs/x'
    expect(await run(copy, look)).toBe('755 1000 5.500000000\n2770 1000 5.500000000\nx\n')
    expect((await test.host.inspectVolume(copy))?.Labels).toMatchObject({
      'footman.controller': controller,
      'footman.role': 'rehearsal',
      'footman.transaction': 'one',
    })
    await expect(keeper.copyTo('one', home)).rejects.toThrow('is not one of footman')
    await keeper.endHelpers()
    expect(await run(home, look)).toBe(await run(copy, look))
  })

  it('leaves the helper of a warm copy to the snapshot, and no volume of the image', async () => {
    const { keeper, home, helpers } = await stage()
    await furnish(home)
    await keeper.warmCopy('one', undefined)
    const [helper] = await helpers()
    expect(helper?.labels).toMatchObject({ 'footman.transaction': 'one', 'footman.role': 'helper' })
    const { Mounts, HostConfig } = (await test.host.inspect(helper?.id ?? '')) ?? {}
    expect(Mounts?.filter(({ Type }) => Type === 'volume')).toEqual([])
    expect(Mounts).toContainEqual(expect.objectContaining({ Destination: '/home-of-jenkins', RW: false }))
    expect(HostConfig).toMatchObject({ NetworkMode: 'none', CapDrop: ['ALL'] })
    await keeper.warmCopy('one', undefined)
    expect((await helpers()).map(({ id }) => id)).toEqual([helper?.id])
    await keeper.endHelpers()
    expect(await helpers()).toEqual([])
    await keeper.snapshot('one', facts)
    expect(await keeper.compare('one')).toEqual([])
  })

  it('goes on when the helper was killed', async () => {
    const { keeper, home, helpers } = await stage()
    await furnish(home)
    for (let file = 0; file < 200; file++) await writeFile(join(home, `jobs/${file}`), randomBytes(200_000))
    for (const delayMs of [0, 300, 700]) {
      const copy = keeper.warmCopy('one', undefined).catch((error: unknown) => error)
      const [helper] = await until(
        'a helper',
        async () => {
          const all = await helpers()
          return all.some(({ status }) => status === 'running') && all
        },
        { everyMs: 10 },
      )
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      await test.host.remove(helper?.id ?? '')
      const result = await copy
      if (result instanceof Error)
        expect(result.message).toMatch(/was ended before its work was done|cannot run bash in the container/)
    }
    await keeper.warmCopy('one', undefined)
    await keeper.snapshot('one', facts)
    expect(await keeper.verify('one')).toEqual({ ok: true })
    expect(await keeper.compare('one')).toEqual([])
    expect(await helpers()).toEqual([])
  })

  it('ends its work by itself when whoever asked for it is gone', async () => {
    const { keeper, home, store, controller, helpers } = await stage()
    await furnish(home)
    await keeper.warmCopy('one', undefined)
    const [helper] = await helpers()
    for (let file = 0; file < 200; file++) await writeFile(join(home, `jobs/${file}`), randomBytes(400_000))
    const command = ['bash', '-c', homeScript(), 'home.sh', 'warm', controller, 'two']
    const stream = await test.host.openExec(helper?.id ?? '', command)
    await once(stream, 'data')
    stream.destroy()
    await until('nothing but the waiting runs', async () => {
      const { stdout } = await exec('docker', ['top', helper?.id ?? '', '-o', 'pid,args'])
      return !stdout.includes('home.sh')
    })
    const left = await readdir(join(store, controller, 'two')).catch(() => [])
    expect(left).not.toContain('seen')
    await keeper.removeLeftovers([])
  })

  it('kills its helper at once when it is told to stop', async () => {
    const { keeper, home, helpers } = await stage()
    await furnish(home)
    for (let file = 0; file < 200; file++) await writeFile(join(home, `jobs/${file}`), randomBytes(200_000))
    const controller = new AbortController()
    const copy = keeper.warmCopy('one', undefined, controller.signal)
    setTimeout(() => controller.abort(new Error('enough')), 500)
    await expect(copy).rejects.toThrow('enough')
    expect(await helpers()).toEqual([])
    await keeper.removeLeftovers([])
    expect(await keeper.backups()).toEqual([])
  })

  it('writes an archive for its owner alone, without the key of all secrets and without what can be made again', async () => {
    const { keeper, home, folder } = await stage()
    await furnish(home)
    await keeper.snapshot('one', facts)
    const file = join(folder, 'home.tar.gz')
    await keeper.archive('one', file)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const { stdout } = await exec('tar', ['-tzf', file])
    expect(stdout.split('\n').filter(Boolean)).toEqual([
      ...['./', './config.xml', './jobs/', './jobs/a job/', './jobs/a job/config.xml'],
      ...['./plugins/', './plugins/git.jpi', './secrets/'],
    ])
    await expect(keeper.archive('none', join(folder, 'no.tar.gz'))).rejects.toThrow(
      'there is no complete backup none',
    )
    await expect(keeper.archive('one', join(folder, 'no folder/x.tar.gz'))).rejects.toThrow(
      'no such file or folder',
    )
    expect((await readdir(folder)).sort()).toEqual(['back ups', 'home', 'home.tar.gz'])
  })

  it('says what an image lacks', async () => {
    const bare = await stage({ image: test.docker.image })
    await expect(bare.keeper.measure()).rejects.toThrow(`the image ${test.docker.image} has no bash`)
    expect(await bare.helpers()).toEqual([])
    const poor = `${image}-poor`
    await test.docker.engine.importImage(await toolsRootfs({ leaveOut: ['xargs'] }), poor, [])
    onTestFinished(() => test.docker.engine.removeImage(poor))
    const { keeper } = await stage({ image: poor })
    await expect(keeper.measure()).rejects.toThrow('the image has no xargs')
    const missing = await stage({ image: 'footman-test:missing' })
    await expect(missing.keeper.measure()).rejects.toThrow('is not on this machine')
  })

  it('refuses places within each other, and names that are no folders', async () => {
    const { home, keeper } = await stage()
    const nested = await stage({ home, store: join(home, 'backups') })
    await expect(nested.keeper.measure()).rejects.toThrow('must not lie within each other')
    await expect(keeper.removeBackup('../x')).rejects.toThrow('is no name for a backup')
    await expect(keeper.verify('failed')).rejects.toThrow('is no name for a backup')
  })

  it('gives up a helper in which nothing moves', async () => {
    const { keeper, home, helpers } = await stage({ silenceMs: 1 })
    await furnish(home)
    await expect(keeper.warmCopy('one', undefined)).rejects.toMatchObject({
      failure: 'timeout',
      message: 'nothing has moved in the helper container for 1ms',
    })
    expect(await helpers()).toEqual([])
  })
})
