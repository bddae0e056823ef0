import { expect, it } from 'vitest'
import { RemoteError } from '../../../core/errors.ts'
import { statusCommand } from '../../../jenkins/commands/status.ts'
import { settingsOf } from '../../../jenkins/config/load.ts'
import { controllerConfigSchema } from '../../../jenkins/config/schema.ts'
import { containerBody } from '../../../jenkins/up/spec.ts'
import type { News, TransactionSummary } from '../../../jenkins/upgrade/contract.ts'
import { anOutcome } from '../../support/an-outcome.ts'
import { controllerCli } from '../../support/controller-cli.ts'

const { from, to } = anOutcome()
const hourMs = 3_600_000

const news = (over: Partial<News> = {}): News => ({
  container: 'running',
  running: from && { ...from, digest: 'sha256:aa' },
  newest: { digest: 'sha256:bb', imageId: undefined, from: 'registry' },
  verdict: 'newer',
  failedBefore: undefined,
  reason: 'the registry has another one',
  ...over,
})

const transaction = (nowMs: number, over: Partial<TransactionSummary> = {}): TransactionSummary => ({
  transaction: '20260105-1',
  kind: 'upgrade',
  startedAtMs: nowMs - hourMs,
  endedAtMs: nowMs - hourMs + 60_000,
  outcome: 'rolled-back',
  phase: 'gate',
  reason: 'it did not start',
  from,
  to,
  backup: '20260105-1',
  downtimeMs: 1000,
  ...over,
})

async function stage() {
  const cli = await controllerCli((doors) => ({ 'jenkins status': statusCommand(doors) }))
  cli.say.news = news()
  cli.say.transactions = []
  return cli
}

async function running() {
  const cli = await stage()
  cli.host.addImage('jenkins/jenkins:lts-jdk21')
  const body = containerBody(settingsOf(controllerConfigSchema.parse({ home: 'the_home' }), undefined))
  await cli.host.start(await cli.host.create('jenkins', body))
  cli.say.sight = { state: 'closed', version: '2.498', session: 's', reason: 'no account' }
  return cli
}

it('tells what runs, what is new, where the home is, and how the last upgrades went', async () => {
  const { footman, say, clock } = await running()
  say.transactions = [transaction(clock.now())]
  const { stdout, exitCode } = await footman(['status'])
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^controller +jenkins, running: Jenkins 2\.498, up, but the account/)
  expect(stdout).toMatch(/^image +jenkins\/jenkins:lts-jdk21 sha256:aa$/m)
  expect(stdout).toMatch(/^newest +sha256:bb newer: the registry has another one$/m)
  expect(stdout).toMatch(/^home +the_home$/m)
  expect(stdout).toMatch(/^20260105-1 +1h ago +upgrade +2\.498 > 2\.516 +rolled-back +it did not start$/m)
  expect(stdout).not.toContain('recover')
})

it('tells of what is unfinished, and of what has failed before', async () => {
  const { footman, say, clock } = await running()
  say.news = news({ failedBefore: { reason: 'it did not start', atMs: clock.now() - hourMs } })
  say.transactions = [transaction(clock.now(), { endedAtMs: undefined, outcome: undefined })]
  const { stdout } = await footman(['status'])
  expect(stdout).toMatch(/^unfinished +upgrade 20260105-1, in gate\nnext +footman jenkins recover$/m)
  expect(stdout).toMatch(/^failed +1h ago: it did not start$/m)
})

it('says how to begin where there is no controller', async () => {
  const { footman, say } = await stage()
  say.news = news({ container: 'missing', running: undefined, verdict: 'unknown', reason: 'nothing runs' })
  const { stdout } = await footman(['status'])
  expect(stdout).toMatch(/^controller +jenkins, missing$/m)
  expect(stdout).toMatch(/^next +footman jenkins up$/m)
})

it('tells of what runs here although the registry does not answer', async () => {
  const { footman, say } = await running()
  say.news = new RemoteError('unreachable', 'the registry of jenkins/jenkins does not answer')
  const { stdout, exitCode } = await footman(['status'])
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^controller +jenkins, running: Jenkins 2\.498/m)
  expect(stdout).toMatch(/^newest +unknown: the registry of jenkins\/jenkins does not answer$/m)
})

it('prints the same as JSON, with null for what nobody knows', async () => {
  const { footman, say, clock } = await running()
  say.transactions = Array.from({ length: 9 }, (_, index) =>
    transaction(clock.now(), { transaction: `t${index}` }),
  )
  const status = JSON.parse((await footman(['status', '--json'])).stdout)
  expect(status).toMatchObject({
    controller: 'jenkins',
    container: 'running',
    state: 'closed',
    version: '2.498',
    digest: 'sha256:aa',
    home: 'the_home',
    unfinished: null,
    news: { verdict: 'newer', newest: { digest: 'sha256:bb' } },
  })
  expect(status.transactions).toHaveLength(5)
})
