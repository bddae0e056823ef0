import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Clock } from '../../../core/clock.ts'
import { createLog } from '../../../core/log.ts'
import type { ControllerSettings } from '../../../jenkins/config/settings.ts'
import { notify } from '../../../jenkins/notify/notify.ts'
import type { Outcome } from '../../../jenkins/upgrade/contract.ts'
import { anOutcome } from '../../support/an-outcome.ts'
import { tempDir } from '../../support/temp-dir.ts'

type Settings = ControllerSettings['notify']

interface Received {
  headers: IncomingMessage['headers']
  body: string
  url: string
}

/** A chat program that answers with these statuses, the last one for ever. */
async function chat(...statuses: number[]) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    received.push({ headers: request.headers, body, url: request.url ?? '' })
    response.statusCode = (statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 200
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/s3cret`, received }
}

async function tell(
  settings: Partial<Settings>,
  kind = anOutcome().kind,
  env: NodeJS.ProcessEnv = {},
  { transaction }: Pick<Outcome, 'transaction'> = anOutcome(),
) {
  const said: string[] = []
  const all: Settings = { on: ['success', 'failure'], webhooks: [], command: [], ...settings }
  const log = createLog({ level: 'debug', sink: { write: (text) => said.push(text) } })
  const cwd = await tempDir()
  await notify(anOutcome({ kind, transaction }), all, { env, cwd, log, clock: hastyClock(), random: () => 0 })
  return said.join('')
}

/** Whoever sleeps wakes at once, so much later. */
function hastyClock(): Clock {
  let nowMs = 0
  return {
    now: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms
    },
  }
}

const webhook = (url: string, more: Partial<Settings['webhooks'][number]> = {}) => ({
  url,
  template: undefined,
  headers: {},
  ...more,
})

it('posts the outcome as JSON, or the template filled in', async () => {
  const { url, received } = await chat(200)
  const template = '{"text":"{{name}} {{outcome}}: {{reason}}"}'
  await tell({ webhooks: [webhook(url), webhook(url, { template })] })
  const bodies = received.map(({ body }) => JSON.parse(body))
  expect(bodies).toContainEqual(
    expect.objectContaining({ name: 'jenkins', outcome: 'rolled-back', result: 'failure', version: '2.498' }),
  )
  expect(bodies).toContainEqual({ text: 'jenkins rolled-back: it did not "start"' })
  expect(received[0]?.headers['content-type']).toBe('application/json')
})

it('fetches what gives access from where it is kept, and shows it to nobody', async () => {
  const { url, received } = await chat(403)
  const folder = await tempDir()
  await writeFile(join(folder, 'token'), 'Bearer t0ken-of-chat\n', { mode: 0o600 })
  const headers = { Authorization: `file:${folder}/token`, 'X-Room': 'builds' }
  const said = await tell({ webhooks: [webhook('env:CHAT', { headers })] }, 'rolled-back', { CHAT: url })
  expect(received).toMatchObject([
    { url: '/hook/s3cret', headers: { authorization: 'Bearer t0ken-of-chat', 'x-room': 'builds' } },
  ])
  expect(said).toContain('it answers 403')
  expect(said).not.toContain('t0ken-of-chat')
  expect(said).not.toContain('s3cret')
})

it('tries again when the far side is in trouble, not when it refuses', async () => {
  const troubled = await chat(503, 429, 204)
  const refusing = await chat(404)
  const said = await tell({ webhooks: [webhook(troubled.url), webhook(refusing.url)] })
  expect(troubled.received).toHaveLength(3)
  expect(refusing.received).toHaveLength(1)
  expect(said).toMatch(/^warning: nobody was told: cannot tell 127.0.0.1:\d+: it answers 404\n$/)
})

it('never fails, whatever is wrong with the messengers', async () => {
  const settings = {
    webhooks: [webhook('http://127.0.0.1:1/'), webhook('env:NOT_SET'), webhook('env:NO_URL')],
    command: ['/nowhere/at/all'],
  }
  const said = await tell(settings, 'rolled-back', { NO_URL: 'chat' })
  expect(said.match(/^warning: nobody was told/gm)).toHaveLength(4)
})

it('runs the command with the outcome in variables and on its standard input', async () => {
  const file = join(await tempDir(), 'told')
  const script = `cat >"$1"; echo "$FOOTMAN_OUTCOME $FOOTMAN_FROM_VERSION $FOOTMAN_REASON" >>"$1"`
  await tell({ command: ['sh', '-c', script, 'hook', file] }, 'rolled-back', { PATH: process.env.PATH })
  const [json = '', variables] = (await readFile(file, 'utf8')).trim().split('\n')
  expect(JSON.parse(json)).toMatchObject({ kind: 'rolled-back', controller: 'jenkins', downtimeMs: 12_000 })
  expect(variables).toBe('rolled-back 2.498 it did not "start"')
})

it('tells only what somebody wants to know', async () => {
  const { url, received } = await chat(200)
  await tell({ webhooks: [webhook(url)], on: ['failure'] }, 'upgraded')
  await tell({ webhooks: [webhook(url)], on: ['success'] }, 'refused')
  await tell({ webhooks: [webhook(url)] }, 'up-to-date')
  await tell({ webhooks: [webhook(url)], on: ['success', 'failure', 'up-to-date'] }, 'planned')
  expect(received).toEqual([])
  await tell({ webhooks: [webhook(url)], on: ['up-to-date'] }, 'skipped', {}, { transaction: undefined })
  expect(received).toHaveLength(1)
  await tell({ webhooks: [webhook(url)], on: ['failure'] }, 'skipped')
  expect(received).toHaveLength(2)
})
