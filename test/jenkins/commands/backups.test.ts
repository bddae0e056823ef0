import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { backupsCommand } from '../../../jenkins/commands/backups.ts'
import type { Backup } from '../../../jenkins/home/home.ts'
import { controllerCli } from '../../support/controller-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'

const hourMs = 3_600_000

async function stage(count = 2) {
  const cli = await controllerCli((doors) => ({ 'jenkins backups': backupsCommand(doors) }))
  const backups = Array.from(
    { length: count },
    (_, index): Backup => ({
      id: `b${index}`,
      version: '2.498',
      imageId: 'sha256:1',
      digest: undefined,
      transaction: `b${index}`,
      reason: 'upgrade',
      atMs: cli.clock.now() - (index + 1) * hourMs,
      files: 50_000,
      bytes: 2 * 2 ** 30,
      sha256: 'x',
      verifiedAtMs: index === 0 ? cli.clock.now() - hourMs : undefined,
    }),
  )
  cli.say.keeper = { backups: async () => backups, failedHomes: async () => [] }
  return cli
}

it('lists them with age, version, size, and whether they were verified', async () => {
  const { footman, asked } = await stage()
  const { stdout, exitCode } = await footman(['backups'])
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^b0 +1h ago +2\.498 +2 GiB +50000 +1h ago$/m)
  expect(stdout).toMatch(/^b1 +2h ago +2\.498 +2 GiB +50000 +never$/m)
  expect(asked).toEqual([
    {
      what: 'keeperOf',
      options: {
        controller: 'jenkins',
        home: 'jenkins_home',
        store: 'jenkins_backups',
        image: 'jenkins/jenkins:lts-jdk21',
      },
    },
  ])
})

it('looks for the home where the container has it', async () => {
  const { footman, asked, host } = await stage()
  const id = host.addImage('jenkins:1')
  await host.create('jenkins', { Image: 'jenkins:1', HostConfig: { Binds: ['/srv/j:/var/jenkins_home'] } })
  await footman(['backups'])
  expect(asked[0]?.options).toMatchObject({ home: '/srv/j', image: id })
})

it('verifies each, names what differs, and exits 1 when something does', async () => {
  const { footman, say } = await stage()
  const verified: string[] = []
  say.keeper = {
    ...say.keeper,
    verify: async (id) => {
      verified.push(id)
      return id === 'b1' ? { ok: false, differences: ['config.xml: other content'] } : { ok: true }
    },
  }
  const run = await footman(['backups', '--verify'])
  expect(verified).toEqual(['b0', 'b1'])
  expect(run.exitCode).toBe(1)
  expect(run.stdout).toMatch(/^b1 .* DAMAGED in 1 places$/m)
  expect(run.stderr).toContain('error: b1: config.xml: other content')
  const { stdout } = await footman(['backups', '--verify', '--json'])
  expect(JSON.parse(stdout).backups).toMatchObject([
    { differences: [] },
    { differences: ['config.xml: other content'] },
  ])
})

it('writes one into a file, and reminds of the key that is not in it', async () => {
  const { footman, say } = await stage()
  const cwd = await tempDir()
  const written: [string, string][] = []
  say.keeper = { archive: async (id, file) => void written.push([id, file]) }
  const run = await footman(['backups', '--archive', 'b0', '--output', 'home.tar.gz'], { cwd })
  expect(run.stdout).toBe(`${join(cwd, 'home.tar.gz')}\n`)
  expect(run.stderr).toContain('secrets/master.key')
  expect(written).toEqual([['b0', join(cwd, 'home.tar.gz')]])
})

it('does not guess a file, nor overwrite one', async () => {
  const { footman } = await stage()
  const cwd = await tempDir()
  await writeFile(join(cwd, 'there'), '')
  expect(await footman(['backups', '--archive', 'b0'], { cwd })).toMatchObject({ exitCode: 2 })
  const taken = await footman(['backups', '--archive', 'b0', '-o', 'there'], { cwd })
  expect(taken.exitCode).toBe(1)
  expect(taken.stderr).toContain('is there already')
})

it('tells of the homes that failed versions left', async () => {
  const { footman, say, clock } = await stage(0)
  const failed = { id: 'b0-failed', atMs: clock.now() - hourMs, bytes: 2 ** 30 }
  say.keeper = { ...say.keeper, failedHomes: async () => [failed] }
  expect((await footman(['backups'])).stdout).toMatch(/^b0-failed +1h ago +1 GiB$/m)
  const { stdout } = await footman(['backups', '--json'])
  expect(JSON.parse(stdout)).toEqual({ backups: [], failedHomes: [failed] })
})

it('says when there is none', async () => {
  const { footman } = await stage(0)
  const run = await footman(['backups'])
  expect(run).toMatchObject({ stdout: '', exitCode: 0 })
  expect(run.stderr).toContain('there is no backup yet')
})
