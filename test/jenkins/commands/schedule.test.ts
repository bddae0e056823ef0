import { EventEmitter } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { exitCodes } from '../../../core/errors.ts'
import { shippedFile } from '../../../core/package.ts'
import { scheduleCommand } from '../../../jenkins/commands/schedule.ts'
import { anOutcome } from '../../support/an-outcome.ts'
import { controllerCli } from '../../support/controller-cli.ts'

const stage = () => controllerCli((doors) => ({ 'jenkins schedule': scheduleCommand(doors) }))

it('prints when it would run with --dry-run', async () => {
  const { footman, asked } = await stage()
  const yaml = 'schedule: { cron: "30 3 * * 6", timeZone: Asia/Tokyo }'
  const { stdout } = await footman(['schedule', '--dry-run'], { yaml })
  expect(stdout.trim().split('\n')).toHaveLength(3)
  expect(stdout).toMatch(/^upgrade Sat.* 03:30 GMT\+9$/m)
  expect(asked).toEqual([])
})

it('refuses an expression by the name of the field', async () => {
  const { footman } = await stage()
  const run = await footman(['schedule'], { yaml: 'schedule: { cron: "61 3 * * *" }' })
  expect(run.exitCode).toBe(exitCodes.usage)
  expect(run.stderr).toContain('schedule.cron: 61 is nothing that the field minute can be')
})

it('refuses a token that it could read only once', async () => {
  const { footman } = await stage()
  const run = await footman(['schedule'], { yaml: 'account: { user: ann, token: stdin }', stdin: 'x' })
  expect(run.exitCode).toBe(exitCodes.usage)
  expect(run.stderr).toContain('account.token is stdin')
})

it('once: is silent for cron when there is nothing new, and prints what has happened', async () => {
  const { footman, say } = await stage()
  say.outcome = anOutcome({ kind: 'up-to-date' })
  expect(await footman(['schedule', '--once', '--quiet'])).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  say.outcome = anOutcome()
  const run = await footman(['schedule', '--once', '--quiet'])
  expect(run.exitCode).toBe(exitCodes.failed)
  expect(run.stdout).toContain('rolled back')
})

it('says when it runs next, and ends on SIGTERM', async () => {
  const { footman, asked } = await stage()
  const signals = new EventEmitter()
  const said: string[] = []
  const run = footman(['schedule'], {
    yaml: 'schedule: { cron: "30 3 * * *", timeZone: UTC }',
    signals,
    onStderr: (text) => said.push(text),
  })
  while (!said.join('').includes('next run:')) await delay(5)
  signals.emit('SIGTERM', 'SIGTERM')
  expect(await run).toMatchObject({ exitCode: exitCodes.terminated })
  expect(said.join('')).toMatch(/next run: .* 03:30 UTC/)
  expect(asked.map(({ what }) => what)).toEqual(['recover'])
})

it('first brings to its end what was left unfinished, however long the engine takes to come back', async () => {
  const { footman, say, clock } = await stage()
  const signals = new EventEmitter()
  const said: string[] = []
  say.unfinished = anOutcome({ kind: 'deferred', reason: 'the engine went away' })
  const run = footman(['schedule'], { signals, onStderr: (text) => said.push(text) })
  await clock.advance(30_000)
  expect(said.join('')).toContain('an earlier upgrade is not brought to its end: the engine went away')
  expect(said.join('')).not.toContain('next run:')
  say.unfinished = anOutcome()
  await clock.advance(60_000)
  expect(said.join('')).toContain('rolled back; the old version runs again')
  expect(said.join('')).toContain('next run:')
  signals.emit('SIGTERM', 'SIGTERM')
  expect(await run).toMatchObject({ exitCode: exitCodes.terminated })
})

it('prints the Dockerfile for running footman in a container', async () => {
  const { footman } = await stage()
  const { stdout } = await footman(['schedule', '--print-dockerfile'])
  expect(stdout).toBe(await readFile(shippedFile('templates/controller/Dockerfile.footman'), 'utf8'))
})
