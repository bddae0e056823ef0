import { lstat, mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { silentLog } from '../../../core/log.ts'
import { Secret } from '../../../core/secret.ts'
import { connectJenkins } from '../../../jenkins/connect.ts'
import { hashOfToken } from '../../../jenkins/practice/auth.ts'
import { startPracticeController } from '../../../jenkins/practice/controller.ts'
import { corruptHome } from '../../../jenkins/practice/controller-image/corruption.ts'
import { fillHome, type HomePlan, homePlan } from '../../../jenkins/practice/controller-image/home-content.ts'
import { loadHome, markBooted } from '../../../jenkins/practice/controller-image/home-files.ts'
import { createHomeWriter } from '../../../jenkins/practice/controller-image/home-writer.ts'
import { newToken } from '../../../jenkins/practice/controller-image/practice-home.ts'
import { tempDir } from '../../support/temp-dir.ts'

const token = newToken()

async function filled(plan: Partial<HomePlan> = {}): Promise<string> {
  const home = await tempDir()
  fillHome(home, homePlan({ files: 80, bytes: 40_000, jobs: 3, token, ...plan }))
  return home
}

/** A controller on a home, as the program in the image starts it. */
async function started(home: string, options: { version?: string; forceWizard?: boolean } = {}) {
  const { version = '2.516.1', forceWizard = false } = options
  const passwords: string[] = []
  const controller = await startPracticeController({
    ...{ agentPort: 'off', version },
    prepare: (state) =>
      loadHome(state, {
        ...{ home, version, forceWizard },
        onFirstPassword: (password) => passwords.push(password),
      }),
  })
  onTestFinished(() => controller.stop())
  const writer = createHomeWriter(home, () => controller.state, silentLog)
  controller.on(writer.onEvent)
  const login = (secret: string) =>
    connectJenkins({ url: controller.url, user: 'admin', token: new Secret(secret), env: {} })
  return { controller, writer, passwords, login }
}

/** Without what Node 20 finds behind links. */
async function files(home: string): Promise<string[]> {
  const found = await readdir(home, { recursive: true })
  return found.filter((file) => !/lastSuccessfulBuild\//.test(file)).sort()
}

describe('a home in use', () => {
  it('has as many files and bytes as wanted, and links, modes and names that are easily got wrong', async () => {
    const home = await filled({ files: 300, bytes: 1_000_000 })
    const facts = await Promise.all((await files(home)).map((file) => lstat(join(home, file))))
    const regular = facts.filter((entry) => entry.isFile())
    const bytes = regular.reduce((sum, { size }) => sum + size, 0)
    expect(Math.abs(regular.length - 300)).toBeLessThan(5)
    expect(Math.abs(bytes - 1_000_000)).toBeLessThan(20_000)
    expect(facts.some((entry) => entry.isSymbolicLink())).toBe(true)
    expect(await readlink(join(home, 'jobs/job-000/builds/lastSuccessfulBuild'))).toMatch(/^\d+$/)
    expect((await lstat(join(home, 'secrets/master.key'))).mode & 0o777).toBe(0o600)
    expect(await files(join(home, 'userContent'))).toContain('two\nlines')
  })

  it('is the same for the same plan', async () => {
    const [one, other] = [await filled(), await filled()]
    expect(await files(one)).toEqual(await files(other))
    const log = 'jobs/job-001/builds/1/log'
    expect(await readFile(join(one, log))).toEqual(await readFile(join(other, log)))
    expect((await lstat(join(one, log))).mtimeMs).toBe((await lstat(join(other, log))).mtimeMs)
  })

  it('is served to whoever has the token, and to nobody else', async () => {
    const { login } = await started(await filled())
    const jenkins = login(token)
    expect(await jenkins.jobCount()).toBe(3)
    expect((await jenkins.plugins()).map(({ shortName }) => shortName)).toEqual([
      'credentials',
      'git',
      'workflow-cps',
    ])
    expect((await jenkins.nodes()).map(({ name }) => name)).toContain('laptop-1')
    await expect(login(newToken()).root()).rejects.toMatchObject({ failure: 'unauthenticated' })
    await expect(login('').root()).rejects.toMatchObject({ failure: 'unauthenticated' })
  })

  it('goes on where it was: builds count from the last one, and changes are written', async () => {
    const home = await filled()
    const { login, writer, controller } = await started(home)
    const jenkins = login(token)
    const next = Number(await readFile(join(home, 'jobs/job-000/nextBuildNumber'), 'utf8'))
    controller.state.jobs.get('job-000')?.builds.push({
      ...{ job: 'job-000', number: next, queueId: 1, user: 'admin', startedAtMs: 0, durationMs: 5 },
      ...{ definition: { kind: 'freestyle', label: '', scripts: [] }, builtOn: 'laptop-1' },
      ...{ building: false, result: 'SUCCESS', console: 'done\n', progress: undefined },
    })
    controller.state.emit({ kind: 'build', job: 'job-000', number: next, change: 'finished' })
    await jenkins.createJob('new', '<project><builders/></project>')
    await jenkins.deleteJob('job-002')
    await writer.settled()
    expect(next).toBeGreaterThan(1)
    expect(await readFile(join(home, `jobs/job-000/builds/${next}/log`), 'utf8')).toBe('done\n')
    expect(await readdir(join(home, 'jobs'))).toEqual(['job-000', 'job-001', 'new'])
  })

  it('notes the version that ran, and that the boot was a good one', async () => {
    const home = await filled({ version: '2.498' })
    await started(home)
    expect(await readFile(join(home, 'failed-boot-attempts.txt'), 'utf8')).toMatch(/GMT\n$/)
    await markBooted(home)
    expect(await readdir(home)).not.toContain('failed-boot-attempts.txt')
    expect(await readFile(join(home, 'jenkins.install.InstallUtil.lastExecVersion'), 'utf8')).toBe('2.516.1')
  })

  it('whose configuration is no XML any more cannot be booted from', async () => {
    const home = await filled()
    await writeFile(join(home, 'config.xml'), '<hudson><')
    const { controller } = await started(home)
    const answer = await fetch(`${controller.url}login`)
    expect(answer.status).toBe(503)
    expect(await answer.text()).toContain('Unable to read')
  })

  it('loses the jobs whose configuration is no XML any more, as Jenkins loses them', async () => {
    const home = await filled()
    await writeFile(join(home, 'jobs/job-001/config.xml'), '<project><')
    expect(await (await started(home)).login(token).jobCount()).toBe(2)
  })

  it('has no plugin that somebody disabled, and none without a version', async () => {
    const home = await filled()
    await writeFile(join(home, 'plugins/git.jpi.disabled'), '')
    await writeFile(join(home, 'plugins/workflow-cps.jpi'), 'garbage')
    const plugins = await (await started(home)).login(token).plugins()
    expect(plugins).toMatchObject([
      { shortName: 'credentials', active: true, enabled: true },
      { shortName: 'git', active: false, enabled: false },
      { shortName: 'workflow-cps', active: false, enabled: true },
    ])
  })

  it('is corrupted in every way that a careless restore would miss', async () => {
    const home = await filled()
    const before = await files(home)
    const key = await lstat(join(home, 'secrets/master.key'))
    await corruptHome(home)
    const after = await files(home)
    expect(before.filter((file) => !after.includes(file))).not.toEqual([])
    expect(after.filter((file) => !before.includes(file))).toContain('migrated.xml')
    const spoiled = await lstat(join(home, 'secrets/master.key'))
    expect([spoiled.size, Math.round(spoiled.mtimeMs)]).toEqual([key.size, Math.round(key.mtimeMs)])
    expect(await readFile(join(home, 'secrets/master.key'), 'utf8')).toContain('#')
  })
})

describe('a new home', () => {
  it('asks for the first password, the same until it is set up', async () => {
    const home = await tempDir()
    const first = await started(home)
    expect(await (await fetch(`${first.controller.url}login`)).text()).toContain('Unlock Jenkins')
    expect(first.passwords).toEqual([
      (await readFile(join(home, 'secrets/initialAdminPassword'), 'utf8')).trim(),
    ])
    expect(await first.login(first.passwords[0] ?? '').whoAmI()).toMatchObject({ name: 'admin' })
    expect((await started(home)).passwords).toEqual(first.passwords)
  })

  it('is also one whose version has been lost', async () => {
    const home = await filled()
    await rm(join(home, 'jenkins.install.InstallUtil.lastExecVersion'))
    expect((await started(home)).passwords).toHaveLength(1)
  })
})

test('a script may quiet the controller down before anything starts, a comment may not', async () => {
  const home = await filled()
  await mkdir(join(home, 'init.groovy.d'))
  await writeFile(join(home, 'init.groovy.d/00.groovy'), '// Jenkins.get().doQuietDown()\n')
  expect(await (await started(home)).login(token).root()).toMatchObject({ quietingDown: false })
  await writeFile(join(home, 'init.groovy.d/01.groovy'), 'jenkins.model.Jenkins.get().doQuietDown()\n')
  expect(await (await started(home)).login(token).root()).toMatchObject({ quietingDown: true })
})

test('a token is kept as Jenkins keeps it: SHA-256 of what follows the digits of its format', () => {
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  expect(hashOfToken('abc')).toBe(abc)
  const secret = 'ab'.repeat(16)
  expect(hashOfToken(`11${secret}`)).toBe(hashOfToken(secret))
})

test('Jenkins tells of its health from 2.506 on', async () => {
  const home = await filled()
  const asked = async (version: string) => {
    const { controller } = await started(home, { version })
    const answer = await fetch(`${controller.url}health/`)
    return [answer.status, answer.status === 200 ? await answer.json() : undefined]
  }
  expect(await asked('2.516.1')).toEqual([200, { status: true }])
  expect(await asked('2.498')).toEqual([403, undefined])
})
