import { expect, it } from 'vitest'
import { LockHeldError } from '../../../core/errors.ts'
import { pruneCommand } from '../../../jenkins/commands/prune.ts'
import { recoverCommand } from '../../../jenkins/commands/recover.ts'
import { rollbackCommand } from '../../../jenkins/commands/rollback.ts'
import { upgradeCommand } from '../../../jenkins/commands/upgrade.ts'
import type { OutcomeKind } from '../../../jenkins/upgrade/contract.ts'
import { anOutcome } from '../../support/an-outcome.ts'
import { controllerCli } from '../../support/controller-cli.ts'

const stage = () =>
  controllerCli((doors) => ({
    'jenkins upgrade': upgradeCommand(doors),
    'jenkins rollback': rollbackCommand(doors),
    'jenkins recover': recoverCommand(doors),
    'jenkins prune': pruneCommand(doors),
  }))

it.each<[OutcomeKind, number, string]>([
  ['upgraded', 0, 'jenkins: upgraded, from 2.498 to 2.516\n'],
  ['up-to-date', 0, 'jenkins: up to date, 2.498\n'],
  ['skipped', 0, 'jenkins: left as it is, from 2.498 to 2.516\n'],
  ['refused', 1, 'jenkins: not upgraded, and not touched, from 2.498 to 2.516\n'],
  [
    'rolled-back',
    1,
    'jenkins: rolled back; the old version runs again on the old home, from 2.498 to 2.516\n',
  ],
  ['deferred', 3, 'jenkins: undoing is not finished: the engine went away, from 2.498 to 2.516\n'],
])('an upgrade that ends as %s exits with %i', async (kind, exitCode, headline) => {
  const { footman, say } = await stage()
  say.outcome = anOutcome({ kind, reason: 'so it is' })
  const run = await footman(['upgrade'])
  expect(run.exitCode).toBe(exitCode)
  expect(run.stdout.startsWith(`${headline}So it is.\n`)).toBe(true)
})

it('an upgrade says how long Jenkins was away, which backup there is, and what to try next', async () => {
  const { footman, say } = await stage()
  say.outcome = anOutcome({ hint: 'look at its log' })
  const { stdout } = await footman(['upgrade'])
  expect(stdout).toBe(
    `jenkins: rolled back; the old version runs again on the old home, from 2.498 to 2.516
It did not "start".
It took 1m, 12s of it without Jenkins. Backup: 20261124033000-1a2b.
Next: look at its log
`,
  )
  expect(JSON.parse((await footman(['upgrade', '--json'])).stdout)).toMatchObject({ kind: 'rolled-back' })
})

it('an upgrade passes on what it was told', async () => {
  const { footman, say, asked } = await stage()
  say.outcome = anOutcome({ kind: 'planned', steps: ['pull it', 'start it'], reason: '' })
  const argv = ['upgrade', '--no-rehearsal', '--force', '--dry-run', '--probe', 'curl --fail x']
  const run = await footman(argv, { yaml: 'name: ci' })
  expect(run.stdout).toBe('jenkins: this would be done, from 2.498 to 2.516\n1. pull it\n2. start it\n')
  expect(asked[0]?.options).toMatchObject({
    noRehearsal: true,
    force: true,
    dryRun: true,
    settings: { name: 'ci', upgrade: { probe: ['sh', '-c', 'curl --fail x'] } },
  })
  await footman(['upgrade'])
  expect(asked[1]?.options).toMatchObject({ noRehearsal: false, force: false, dryRun: false })
})

it('an upgrade tells its phases, and what speaks against it', async () => {
  const cli = await stage()
  cli.say.outcome = anOutcome({
    kind: 'refused',
    concerns: [{ severity: 'refuse', message: 'the home is in the container', hint: 'copy it out' }],
  })
  const run = await cli.footman(['upgrade'])
  expect(run.stdout).toContain('against it: the home is in the container (copy it out)\n')
  expect(run.stderr).toContain('looking for something newer\n')
})

it('another footman that is at it ends it with 4', async () => {
  const { footman, say } = await stage()
  say.outcome = new LockHeldError('footman jenkins schedule (pid 7) is busy')
  const run = await footman(['upgrade'])
  expect(run.exitCode).toBe(4)
  expect(run.stderr).toContain('pid 7')
})

it('notifications are sent for what has happened, not for plans', async () => {
  const { footman, say } = await stage()
  const yaml = 'notify: { command: [sh, -c, "exit 9"] }'
  say.outcome = anOutcome()
  expect((await footman(['upgrade'], { yaml, env: { PATH: process.env.PATH } })).stderr).toContain(
    'nobody was told',
  )
  say.outcome = anOutcome({ kind: 'planned' })
  const { stderr } = await footman(['upgrade', '--dry-run', '--quiet'], { yaml })
  expect(stderr).toBe('')
})

it('a rollback goes to the backup that is named, or to the newest', async () => {
  const { footman, say, asked } = await stage()
  say.outcome = anOutcome({ kind: 'restored', reason: '' })
  expect((await footman(['rollback', '20261124033000-1a2b'])).exitCode).toBe(0)
  await footman(['rollback', '--force'])
  expect(asked[0]?.options).toMatchObject({ backup: '20261124033000-1a2b', force: false })
  expect(asked[1]?.options).not.toHaveProperty('backup')
  expect(asked[1]?.options).toMatchObject({ force: true })
})

it('recover tells what it brought to its end, or that there was nothing', async () => {
  const { footman, say } = await stage()
  expect(await footman(['recover'])).toMatchObject({
    exitCode: 0,
    stdout: 'jenkins: nothing is unfinished\n',
  })
  say.unfinished = anOutcome()
  const run = await footman(['recover'])
  expect(run.exitCode).toBe(1)
  expect(run.stdout).toContain('rolled back')
})

it('prune lists what went, or would go', async () => {
  const { footman, say } = await stage()
  say.pruned = { containers: ['jenkins-old-1'], images: ['i:1'], backups: ['b'], failedHomes: [] }
  expect((await footman(['prune', '--dry-run'])).stdout).toBe(
    'remove container jenkins-old-1\nremove image i:1\nremove backup b\n',
  )
  expect((await footman(['prune'])).stdout).toContain('removed backup b\n')
  say.pruned = { containers: [], images: [], backups: [], failedHomes: [] }
  expect(await footman(['prune'])).toMatchObject({ stdout: '', exitCode: 0 })
})
