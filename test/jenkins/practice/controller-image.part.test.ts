import { describe, expect, it, test } from 'vitest'
import type { RawContainer } from '../../../core/container-host.ts'
import type { Sight } from '../../../jenkins/health/health.ts'
import type { Variant } from '../../../jenkins/practice/controller-image/variant.ts'
import { usePracticeControllers } from '../../support/practice-controllers.ts'

const controllers = usePracticeControllers()
const soon = { timeout: 20_000, interval: 100 }

const needsNoHome: readonly Variant[] = ['never-listens', 'never-answers', 'loading', 'broken', 'crash-loop']

/** Waits until a controller looks like this. */
async function sees(look: () => Promise<Sight>, expected: object): Promise<void> {
  await expect.poll(look, soon).toMatchObject(expected)
}

async function start(variant: Variant, spec: { seconds?: number; sparesRehearsals?: boolean } = {}) {
  const image = await controllers.image({ version: '2.516.1', variant, ...spec })
  const { home, ...account } = needsNoHome.includes(variant)
    ? { home: await controllers.volume(), user: 'admin', token: 'none' }
    : await controllers.home({ files: 60, jobs: 3 })
  const id = await controllers.start(image, home)
  const probe = controllers.probe(id, account)
  return { id, home, account, image, look: () => probe.look() }
}

async function state(id: string): Promise<RawContainer['State']> {
  const found = await controllers.host.inspect(id)
  if (!found) throw new Error('it is gone')
  return found.State
}

async function inHome(id: string, script: string): Promise<string> {
  const { stdout } = await controllers.host.exec(id, { command: ['bash', '-c', `cd; ${script}`] })
  return stdout.trim()
}

test('it looks from outside like the official image', async () => {
  const reference = await controllers.image({ version: '2.516.1' })
  const image = await controllers.host.inspectImage(reference)
  expect(image?.Config).toMatchObject({
    User: 'jenkins',
    Entrypoint: ['/usr/bin/tini', '--', '/usr/local/bin/jenkins.sh'],
    Volumes: { '/var/jenkins_home': {} },
    ExposedPorts: { '8080/tcp': {}, '50000/tcp': {} },
    Env: expect.arrayContaining(['JENKINS_HOME=/var/jenkins_home', 'JENKINS_VERSION=2.516.1']),
  })
})

test('a home in use is served: its jobs, plugins, node and account; what happens is written back', async () => {
  const { id, home, account, image, look } = await start('healthy')
  await sees(look, { state: 'up', version: '2.516.1', jobs: 3, quietingDown: false })
  const jenkins = controllers.jenkins(id, account)
  expect((await jenkins.plugins()).map(({ shortName }) => shortName)).toEqual([
    'credentials',
    'git',
    'workflow-cps',
  ])
  expect((await jenkins.nodes()).map(({ name }) => name)).toContain('laptop-1')
  await jenkins.createJob('added', '<project><builders/></project>')
  await jenkins.deleteNode('laptop-1')
  await controllers.host.stop(id, 10)
  expect((await state(id)).ExitCode).toBe(143)

  const again = await controllers.start(image, home)
  const probe = controllers.probe(again, account)
  await sees(() => probe.look(), { state: 'up', jobs: 4, onlineNodes: 1 })
  expect(await inHome(again, 'cat jenkins.install.InstallUtil.lastExecVersion; ls nodes')).toBe('2.516.1')
})

test('an empty home is to be set up, with a password that lies in it and stands in the log', async () => {
  const id = await controllers.start(await controllers.image(), await controllers.volume())
  const probe = controllers.probe(id)
  await sees(() => probe.look(), { state: 'wizard' })
  const password = await inHome(id, 'cat secrets/initialAdminPassword')
  expect(password).toMatch(/^[0-9a-f]{32}$/)
  expect(await controllers.host.logs(id, 100)).toContain(password)
  expect(await controllers.jenkins(id, { user: 'admin', token: password }).whoAmI()).toMatchObject({
    name: 'admin',
  })
})

test('plugins of the image get into the home, newer ones over older ones, and never the other way round', async () => {
  const { home } = await controllers.home({ files: 40, jobs: 1 })
  const installed = async (version: string) => {
    const plugins = [{ shortName: 'extra', version }]
    const id = await controllers.start(await controllers.image({ plugins }), home)
    const found = await expect
      .poll(() => inHome(id, 'sed -n "s/^Plugin-Version: //p" plugins/extra.jpi'), soon)
      .toMatch(/\d/)
      .then(() => inHome(id, 'sed -n "s/^Plugin-Version: //p" plugins/extra.jpi'))
    await controllers.host.remove(id)
    return found
  }
  expect(await installed('1.9')).toBe('1.9')
  expect(await installed('1.10')).toBe('1.10')
  expect(await installed('1.8')).toBe('1.10')
})

test('port and prefix come from JENKINS_OPTS', async () => {
  const { home } = await controllers.home({ files: 40, jobs: 1 })
  const id = await controllers.start(await controllers.image(), home, {
    Env: ['JENKINS_OPTS=--httpPort=9090 --prefix=/ci'],
  })
  const ask = `exec 3<>/dev/tcp/127.0.0.1/9090 && printf 'GET /ci/login HTTP/1.0\\r\\n\\r\\n' >&3 && head -1 <&3`
  await expect.poll(() => inHome(id, ask), soon).toMatch(/^HTTP\/1.1 200/)
})

describe('the variant', () => {
  it.each<[Variant, object]>([
    ['never-listens', { state: 'silent', reason: expect.stringContaining('nothing listens') }],
    ['never-answers', { state: 'silent', reason: expect.stringContaining('no answer') }],
    ['loading', { state: 'loading' }],
    ['broken', { state: 'broken', reason: expect.stringContaining('NoSuchMethodError') }],
    ['crash-loop', { state: 'dead', reason: expect.stringContaining('exit code 5') }],
    ['setup-wizard', { state: 'wizard' }],
    ['plugin-missing', { state: 'up', plugins: expect.arrayContaining([inactive('credentials')]) }],
  ])('%s looks like that', async (variant, expected) => {
    const { look } = await start(variant)
    await sees(look, expected)
  })

  it('slow-boot takes its time', async () => {
    const { look } = await start('slow-boot', { seconds: 3 })
    await sees(look, { state: 'loading' })
    await sees(look, { state: 'up' })
  })

  it('dies-later is healthy first', async () => {
    const { look } = await start('dies-later', { seconds: 4 })
    await sees(look, { state: 'up' })
    await sees(look, { state: 'dead', reason: expect.stringContaining('exit code 1') })
  })

  it('ignores-sigterm has to be killed', async () => {
    const { id, look } = await start('ignores-sigterm')
    await sees(look, { state: 'up' })
    await controllers.host.stop(id, 1)
    expect((await state(id)).ExitCode).toBe(137)
  })

  it.each<[Variant, string]>([
    ['corrupts', 'up'],
    ['corrupts-and-breaks', 'broken'],
  ])('%s leaves nothing in the home as it was, and is %s', async (variant, expected) => {
    const { id, look } = await start(variant)
    await sees(look, { state: expected })
    expect(await inHome(id, 'head -c 2 jobs/job-000/config.xml; ls migrated.xml; readlink queue.xml')).toBe(
      '#?migrated.xml\nconfig.xml',
    )
    expect(Number(await inHome(id, 'find jobs -name build.xml | wc -l'))).toBeLessThan(17)
  })

  it('comes out in a rehearsal, which leads nowhere, unless it spares rehearsals', async () => {
    const image = await controllers.image({ variant: 'broken', sparesRehearsals: true })
    const { home, ...account } = await controllers.home({ files: 40, jobs: 1 })
    const inside = await controllers.start(image, home, { HostConfig: { NetworkMode: 'none' } })
    const rehearsal = controllers.probe(inside, account)
    await sees(() => rehearsal.look(), { state: 'up' })
    await controllers.host.remove(inside)
    const outside = controllers.probe(await controllers.start(image, home), account)
    await sees(() => outside.look(), { state: 'broken' })
  })
})

test('a script of init.groovy.d quiets it down from the start', async () => {
  const { home, ...account } = await controllers.home({ files: 40, jobs: 1 })
  const first = await controllers.start(await controllers.image(), home)
  await inHome(first, 'mkdir init.groovy.d; echo "Jenkins.get().doQuietDown()" >init.groovy.d/00.groovy')
  await controllers.host.remove(first)
  const probe = controllers.probe(await controllers.start(await controllers.image(), home), account)
  await sees(() => probe.look(), { state: 'up', quietingDown: true })
})

function inactive(shortName: string) {
  return { shortName, version: expect.any(String), active: false, enabled: true }
}
