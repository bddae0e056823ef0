import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ContainerHost } from '../../../core/container-host.ts'
import { connectDockerHost } from '../../../core/docker.ts'
import { runOrThrow } from '../../../core/process.ts'
import { jenkinsCommands } from '../../../jenkins/commands/registry.ts'
import {
  type PracticeControllerSpec,
  practiceControllerImage,
} from '../../../jenkins/practice/controller-image/image.ts'
import { practiceHome } from '../../../jenkins/practice/controller-image/practice-home.ts'
import { labels } from '../../../jenkins/upgrade/names.ts'
import { readmePath } from '../../support/docs.ts'
import { freePort } from '../../support/free-port.ts'
import { programOf, runCli } from '../../support/run-cli.ts'
import { until } from '../../support/until.ts'

const footman = { ...programOf({}), commands: jenkinsCommands }
const name = `footman-test-${randomBytes(4).toString('hex')}`
const reference = `localhost/${name}:lts`
const home = `${name}-home`
const store = `${name}-backups`
const mark = { 'footman.test': name }

let host: ContainerHost
let folder: string

beforeAll(async () => {
  host = await connectDockerHost()
  folder = await mkdtemp(join(tmpdir(), 'footman-test-'))
  await release('2.498')
  await host.createVolume(home, mark)
  const { user, token } = await practiceHome(host, { home, files: 300, version: '2.498' })
  await writeFile(join(folder, 'token'), `${token}\n`, { mode: 0o600 })
  await mkdir(join(folder, 'footman'))
  const [http, agents] = [await freePort(), await freePort()]
  const yaml = `
name: ${name}
image: ${reference}
home: ${home}
ports: { http: ${http}, agents: ${agents}, bind: 127.0.0.1 }
account: { user: ${user}, token: 'file:${folder}/token' }
backups: { store: ${store} }
upgrade:
  stopGrace: 10s
  quiesce: { deadline: 20s }
  gate: { deadline: 40s, looks: 2, interval: 200ms, soak: 500ms }
notify: { on: [success, failure], command: [sh, -c, 'echo "$FOOTMAN_OUTCOME" >>${folder}/told'] }
`
  await writeFile(join(folder, 'footman', 'jenkins.yaml'), yaml)
})

afterAll(async () => {
  for (const { id } of await host.list({ [labels.controller]: name }))
    await host.remove(id, { volumes: true })
  for (const volume of [home, store]) await host.removeVolume(volume)
  for (const { references } of await host.listImages(mark)) {
    for (const one of references) await host.removeImage(one)
  }
  await rm(folder, { recursive: true, force: true })
})

/** What the image that jenkins.yaml follows is from now on. */
async function release(version: string, spec: PracticeControllerSpec = {}): Promise<void> {
  await practiceControllerImage(host, { reference, version, labels: mark, ...spec })
}

async function jenkins(...argv: string[]) {
  const env = { PATH: process.env.PATH, XDG_CONFIG_HOME: folder, XDG_STATE_HOME: join(folder, 'state') }
  return await runCli(footman, ['jenkins', ...argv], { env, cwd: folder })
}

async function status() {
  const { stdout } = await jenkins('status', '--json')
  return JSON.parse(stdout)
}

const told = async () => (await readFile(join(folder, 'told'), 'utf8')).trim().split('\n')

describe('a controller that footman looks after', () => {
  test('comes up on a home that is there, once', async () => {
    const up = await jenkins('up')
    expect(up).toMatchObject({ exitCode: 0 })
    expect(up.stdout).toMatch(/ is up: Jenkins 2\.498 at http:\/\/127\.0\.0\.1:\d+\/, its home on /)
    const again = await jenkins('up')
    expect(again.stdout).toContain(' is up, as it was: Jenkins 2.498 ')
    expect(await status()).toMatchObject({
      container: 'running',
      state: 'up',
      version: '2.498',
      home,
      news: { verdict: 'up-to-date' },
      unfinished: null,
      transactions: [],
    })
  })

  test('is upgraded after a rehearsal, with the same configuration', async () => {
    expect(await jenkins('upgrade')).toMatchObject({ exitCode: 0 })
    await release('2.516')
    expect(await status()).toMatchObject({ version: '2.498', news: { verdict: 'newer' } })
    const planned = await jenkins('upgrade', '--dry-run')
    expect(planned.stdout).toMatch(/^1\. /m)
    const upgraded = await jenkins('upgrade')
    expect(upgraded.stdout).toContain(': upgraded, from 2.498 to 2.516\n')
    expect(upgraded.exitCode).toBe(0)
    expect(await status()).toMatchObject({ version: '2.516', news: { verdict: 'up-to-date' } })
    expect((await jenkins('up')).stdout).toContain(' is up, as it was: Jenkins 2.516 ')
    expect(await told()).toEqual(['upgraded'])
  })

  test('comes back by itself from a version that does not start', async () => {
    await release('2.520', { variant: 'corrupts-and-breaks' })
    const failed = await jenkins('upgrade', '--no-rehearsal')
    expect(failed.exitCode).toBe(1)
    expect(failed.stdout).toContain('rolled back')
    const after = await status()
    expect(after).toMatchObject({ version: '2.516', state: 'up', news: { failedBefore: {} } })
    expect(after.transactions[0]).toMatchObject({ outcome: 'rolled-back' })
    expect((await jenkins('upgrade')).stdout).toContain('left as it is')
    expect(await told()).toEqual(['upgraded', 'rolled-back'])
  })

  test('has backups that are whole, and can leave without the key', async () => {
    const listed = JSON.parse((await jenkins('backups', '--verify', '--json')).stdout).backups
    expect(listed.length).toBeGreaterThan(0)
    for (const backup of listed) expect(backup.differences).toEqual([])
    const [{ id }] = listed
    const archived = await jenkins('backups', '--archive', id, '--output', 'home.tar.gz')
    expect(archived.exitCode).toBe(0)
    const { size, mode } = await stat(join(folder, 'home.tar.gz'))
    expect(size).toBeGreaterThan(1000)
    expect(mode & 0o777).toBe(0o600)
  })

  test('goes back to the version before by hand', async () => {
    const back = await jenkins('rollback')
    expect(back.stdout).toContain(': restored from the backup')
    expect(back.exitCode).toBe(0)
    expect(await status()).toMatchObject({ version: '2.498', state: 'up', unfinished: null })
    expect((await jenkins('recover')).stdout).toContain('nothing is unfinished')
    expect((await jenkins('prune', '--dry-run')).exitCode).toBe(0)
    const running = (await host.list({ [labels.controller]: name })).filter(
      ({ status: is }) => is === 'running',
    )
    expect(running).toHaveLength(1)
  })

  test('is brought back without footman, by the commands of the README', async () => {
    await release('2.517')
    expect(await jenkins('upgrade', '--no-rehearsal')).toMatchObject({ exitCode: 0 })
    const [{ transaction }] = (await status()).transactions
    await inHome('echo changed >/var/jenkins_home/config.xml; touch /var/jenkins_home/new')
    await runOrThrow(['bash', '-euc', await byHand(transaction)], { timeoutMs: 90_000 })
    const { version } = await until('the old one is up', async () => {
      const seen = await status()
      return seen.state === 'up' && seen
    })
    expect(version).toBe('2.498')
    expect(await inHome('cat /var/jenkins_home/config.xml; ls /var/jenkins_home')).not.toMatch(
      /changed|^new$/m,
    )
    expect((await host.inspect(name))?.HostConfig.RestartPolicy).toMatchObject({ Name: 'unless-stopped' })
  })
})

async function inHome(script: string): Promise<string> {
  return (await host.exec(name, { command: ['sh', '-c', script] })).stdout
}

/** The commands under "Going back by hand", with our names in place of those of the examples. */
async function byHand(transaction: string): Promise<string> {
  const readme = await readFile(readmePath, 'utf8')
  const [, block = ''] = /### Going back by hand\n[\s\S]*?```sh\n([\s\S]*?)```/.exec(readme) ?? []
  expect(block).toContain('docker rename jenkins-old-ID jenkins')
  return block
    .replaceAll('jenkins/jenkins:lts-jdk21', reference)
    .replaceAll('jenkins_home:', `${home}:`)
    .replaceAll('jenkins_backups', store)
    .replaceAll('/store/jenkins/', `/store/${name}/`)
    .replace(/(?<=[ ])jenkins(?=[ \n-])/g, name)
    .replaceAll('ID', transaction)
}
