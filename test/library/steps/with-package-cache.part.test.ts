import { execFile } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { withPackageCache } from '../../../library/steps/with-package-cache.ts'
import { listen } from '../../support/local-server.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { aptRoot, serveAptRepository, serveFolder } from '../support/apt-repository.ts'
import { importImage } from '../support/image.ts'
import { callStep } from '../support/step-call.ts'

const run = promisify(execFile)
const megabyte = 1024 * 1024
const install = 'apt-get update -q; apt-get install -q -y small large; cat "$ROOT"/opt/*/content | wc -c'
const removeAll = 'apt-get -q -y remove small large; apt-get clean; rm -rf "$ROOT"/var/lib/apt/lists/*'

describe('withPackageCache with a squid of its own', () => {
  test('gets every package from the cache at the second installation', async () => {
    const { folder, repository, options } = await bench()
    const first = await callStep(withPackageCache, options({ command: install }))
    expect(await first.phase('run')).toMatchObject({ status: 0, results: { values: { hits: 0, misses: 2 } } })
    await run('bash', ['-c', removeAll], { env: { ...process.env, ...options({}).env } })
    const before = repository.requests.length

    const second = await callStep(withPackageCache, options({ command: install }))
    const { status, results } = await second.phase('run')

    expect({ status, values: results.values }).toMatchObject({ status: 0, values: { hits: 2, misses: 0 } })
    expect(results.report).toBe('2 packages came from the cache, 0 had to be fetched')
    expect(repository.requests.slice(before).filter((path) => path.endsWith('.deb'))).toEqual([])
    expect((await readdir(join(folder, 'root/opt'))).toSorted()).toEqual(['large', 'small'])
    expect(await squidsOf(folder)).toEqual([])
  })

  test('does not keep a package that is larger than it may be', async () => {
    const { folder, repository, options } = await bench()
    const call = await callStep(withPackageCache, options({ maxObjectMb: 1, command: install }))
    await call.phase('run')
    await run('bash', ['-c', removeAll], { env: { ...process.env, ...options({}).env } })
    const again = await callStep(withPackageCache, options({ maxObjectMb: 1, command: install }))

    // The large one is larger than maxObjectMb, the small one is not.
    expect((await again.phase('run')).results.values).toMatchObject({ hits: 1, misses: 1 })
    expect(repository.requests.filter((path) => path.includes('large'))).toHaveLength(2)
    expect(await squidsOf(folder)).toEqual([])
  })

  test('gives the body the wrapped programs and its counts afterwards, and changes nothing else', async () => {
    const { options } = await bench()
    const call = await callStep(withPackageCache, options({}))
    expect((await call.phase('begin')).status).toBe(0)

    const body = await call.body(
      `type apt-get; env | grep -i '^[a-z]*_proxy=' || echo no proxy elsewhere; ${install}`,
    )
    expect(body).toMatchObject({ status: 0 })
    expect(body.log).toContain(`apt-get is ${call.folder}/programs/apt-get`)
    expect(body.log).toContain('no proxy elsewhere')
    expect((await call.phase('finish')).results.values).toMatchObject({ misses: 2 })
    expect((await call.phase('end')).status).toBe(0)
    expect((await call.phase('end')).status).toBe(0)
  })

  test('gives builds that run at the same time a store each', async () => {
    const { folder, options } = await bench()
    const [one, two] = [
      await callStep(withPackageCache, options({})),
      await callStep(withPackageCache, options({})),
    ]
    await one.phase('begin')
    await two.phase('begin')
    expect(await slots(folder)).toEqual(['1', '2'])
    await one.phase('end')

    const three = await callStep(withPackageCache, options({}))
    await three.phase('begin')
    expect(await readFile(join(three.folder, 'slot'), 'utf8')).toBe(`${folder}/cache/1\n`)
  })

  test('finds a store free again whose squid was killed', async () => {
    const { folder, options } = await bench()
    const call = await callStep(withPackageCache, options({}))
    await call.phase('begin')
    process.kill(-Number(await readFile(join(call.folder, 'pid'), 'utf8')), 'SIGKILL')
    await until('squid is gone', async () => (await squidsOf(folder)).length === 0)

    const next = await callStep(withPackageCache, options({ command: install }))
    expect((await next.phase('run')).status).toBe(0)
    expect(await slots(folder)).toEqual(['1'])
  })

  test('leaves no process behind when it is ended in the middle', async () => {
    const { folder, options } = await bench()
    const call = await callStep(
      withPackageCache,
      options({ command: 'echo started; sleep 300 & sleep 300; echo never' }),
    )
    const phase = call.start('run')
    await until('the command runs', () => phase.log().includes('started'))
    expect(await squidsOf(folder)).not.toEqual([])
    phase.process.kill('SIGTERM')
    expect((await phase.ended).status).toBe(143)
    expect(await squidsOf(folder)).toEqual([])
    expect((await run('pgrep', ['-f', call.folder]).catch(() => ({ stdout: '' }))).stdout).toBe('')
    expect(await readdir(join(folder, 'cache/1'))).toEqual(['lock', 'objects'])
  })

  test('lets dnf come through it as well', async () => {
    const { folder, options } = await bench()
    const repository = await serveRpmRepository(folder)
    const dnf = [
      `rm -rf ${folder}/dnf;`,
      `dnf -q -y --disableplugin=* --config=${folder}/dnf.conf --installroot=${folder}/dnf/root --releasever=1`,
      `--forcearch=x86_64 --setopt=reposdir=${folder}/none --setopt=cachedir=${folder}/dnf/cache`,
      `--setopt=logdir=${folder}/dnf --repofrompath=local,${repository.url} --nogpgcheck`,
      `--setopt=persistdir=${folder}/dnf install --downloadonly --downloaddir=${folder}/dnf sample`,
    ].join(' ')
    await writeFile(join(folder, 'dnf.conf'), '[main]\n')
    const first = await callStep(withPackageCache, options({ family: 'dnf', command: dnf }))
    expect(await first.phase('run')).toMatchObject({ status: 0, results: { values: { hits: 0, misses: 1 } } })
    const second = await callStep(withPackageCache, options({ family: 'dnf', command: dnf }))
    expect(await second.phase('run')).toMatchObject({
      status: 0,
      results: { values: { hits: 1, misses: 0 } },
    })
    expect(repository.requests.filter((path) => path.endsWith('.rpm'))).toHaveLength(1)
  })

  test('serves docker build through its arguments, of which the image keeps nothing', async () => {
    const { folder, options } = await bench()
    const gateway = (
      await run('bash', [
        '-c',
        "ip -4 -o addr show docker0 | grep -o 'inet [0-9.]*' | cut -d' ' -f2 | tr -d '\\n'",
      ])
    ).stdout
    const reachable = await serveAptRepository(join(folder, 'second'), { small: 30_000 }, gateway)
    const base = await importImage()
    await mkdir(join(folder, 'context'))
    await writeFile(
      join(folder, 'context/Dockerfile'),
      `FROM ${base}\nRUN wget -q -O /package.deb ${reachable.url}/${reachable.packages[0] ?? ''}\n`,
    )
    const call = await callStep(withPackageCache, options({}))
    await call.phase('begin')
    const tag = `footman-test/${call.id}`
    const build = `docker build -q --no-cache --force-rm $PACKAGE_CACHE_BUILD_ARGS -t ${tag} context`
    const body = await call.body(`${build}; ${build}; docker history --no-trunc ${tag}; docker rmi ${tag}`)

    expect(body).toMatchObject({ status: 0 })
    expect(body.log).toContain('RUN /bin/sh -c wget'.slice(4))
    expect(body.log).not.toMatch(/http_proxy|172[.]\d+[.]\d+[.]\d+:2\d{4}(?!.*package)/)
    expect((await call.phase('finish')).results.values).toMatchObject({ hits: 1, misses: 1 })
    expect(reachable.requests).toHaveLength(1)
  })

  test('does not lead containers to what listens for the machine alone', async () => {
    const { repository, options } = await bench()
    const base = await importImage()
    const call = await callStep(withPackageCache, options({}))
    await call.phase('begin')
    const reach = (network: string) =>
      `docker run --rm --network ${network} -e http_proxy=$PACKAGE_CACHE_CONTAINER_URL ${base} wget -O - ${repository.url}/Packages`

    expect((await call.body(`${reach('bridge')} 2>&1 || echo refused`)).log).toMatch(
      /403 Forbidden.*refused/s,
    )
    expect(repository.requests).toEqual([])
  })

  test('runs squid from an image where the machine has none', async () => {
    const { folder, options } = await bench()
    const image = await importImage({
      programs: ['/usr/sbin/squid', '/usr/lib/squid/unlinkd'],
      paths: ['/usr/share/squid', '/etc/squid/errorpage.css'],
    })
    for (const expected of [
      { hits: 0, misses: 2 },
      { hits: 2, misses: 0 },
    ]) {
      const call = await callStep(withPackageCache, options({ image, command: install }))
      expect(await call.phase('run')).toMatchObject({ status: 0, results: { values: expected } })
      await run('bash', ['-c', removeAll], { env: { ...process.env, ...options({}).env } })
      const left = await run('docker', ['ps', '-aq', '--filter', `name=footman-${call.id}`])
      expect(left.stdout).toBe('')
    }
    expect(await squidsOf(folder)).toEqual([])
  })
})

describe('withPackageCache with a proxy that runs already', () => {
  test('sends packages there, and leaves it running', async () => {
    const { options } = await bench()
    const own = await callStep(withPackageCache, options({}))
    const url = String((await own.phase('begin')).results.values.url)
    const { cacheDir: _, ...parameters } = options({ proxy: `${url}/`, command: install }).parameters
    const call = await callStep(withPackageCache, { ...options({}), parameters })

    const { status, results } = await call.phase('run')
    expect({ status, report: results.report }).toEqual({
      status: 0,
      report: `packages came through ${url}`,
    })
    expect((await own.phase('finish')).results.values).toMatchObject({ misses: 2 })
  })

  test('fails within seconds when nothing answers there, or goes on without when it may', async () => {
    const { options } = await bench()
    const { cacheDir: _, ...rest } = options({}).parameters
    // A server that takes the connection and never answers.
    const silent = await listen(createServer(() => undefined))
    const parameters = { ...rest, proxy: `http://127.0.0.1:${silent}`, command: 'echo came here' }
    const strict = await callStep(withPackageCache, { ...options({}), parameters })
    const refused = await strict.phase('run')
    expect(refused.status).toBe(1)
    expect(refused.log).toContain(`there is no cache: nothing answers at http://127.0.0.1:${silent}`)
    expect(refused.log).not.toContain('came here')

    const lax = await callStep(withPackageCache, {
      ...options({}),
      parameters: { ...parameters, require: false },
    })
    const { status, log, results } = await lax.phase('run')
    expect({ status, report: results.report }).toEqual({ status: 0, report: 'ran without a cache' })
    expect(log).toContain('came here')
  })

  test('has squid fetch behind another proxy when there is one upstream', async () => {
    const { options, repository } = await bench()
    const outer = await callStep(withPackageCache, options({}))
    const url = String((await outer.phase('begin')).results.values.url)
    const call = await callStep(withPackageCache, options({ upstream: url, command: install }))
    expect(await call.phase('run')).toMatchObject({ status: 0, results: { values: { misses: 2 } } })
    expect((await outer.phase('finish')).results.values).toMatchObject({ misses: 2 })
    expect(repository.requests.filter((path) => path.endsWith('.deb'))).toHaveLength(2)
  })
})

async function bench() {
  const folder = await tempDir()
  // The user that squid becomes has to get to its store.
  await chmod(folder, 0o755)
  const repository = await serveAptRepository(folder, { small: 30_000, large: 6 * megabyte })
  const settings = await aptRoot(folder, repository)
  const env = { APT_CONFIG: settings, ROOT: join(folder, 'root') }
  const options = (parameters: Record<string, unknown>) => ({
    parameters: { cacheDir: join(folder, 'cache'), cacheMb: 100, ...parameters },
    env,
    cwd: folder,
  })
  return { folder, repository, options }
}

async function serveRpmRepository(folder: string) {
  const spec = join(folder, 'sample.spec')
  await writeFile(
    spec,
    'Name: sample\nVersion: 1\nRelease: 1\nSummary: of a test\nLicense: none\nBuildArch: noarch\n%description\nnone\n%files\n',
  )
  await run('rpmbuild', ['-bb', '--define', `_topdir ${folder}/rpm`, spec])
  const pool = join(folder, 'rpm/RPMS')
  await run('createrepo_c', [pool])
  await rm(spec)
  return serveFolder(pool)
}

async function slots(folder: string): Promise<string[]> {
  return (await readdir(join(folder, 'cache'))).toSorted()
}

async function squidsOf(folder: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name))) {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    const open = words.includes('squid')
      ? await run('ls', ['-l', `/proc/${pid}/fd`]).catch(() => ({ stdout: '' }))
      : { stdout: '' }
    if (open.stdout.includes(folder)) found.push(words.replaceAll('\0', ' '))
  }
  return found
}
