import { expect, test } from 'vitest'
import { Secret } from '../../core/secret.ts'
import { JenkinsHttp, type JenkinsHttpOptions } from '../../jenkins/http.ts'
import { serveHttp } from '../support/local-server.ts'
import { hurriedClock, type Pick, replay } from '../support/replay-server.ts'

const quiet = {
  doing: 'let Jenkins build again',
  method: 'POST',
  path: 'cancelQuietDown',
  expect: [302],
  landsOn: /^$/,
} as const
const mode = { doing: 'read the mode', path: 'api/json', query: { tree: 'mode' } }
const login: Pick = ['auth', 9]
const fine: Pick = ['boot-restart', 35]
const goingDown: Pick = ['boot-restart', 20]

async function http(picks: readonly Pick[], options: Partial<JenkinsHttpOptions> = {}): Promise<JenkinsHttp> {
  return new JenkinsHttp({
    root: await replay(picks),
    user: 'admin',
    token: new Secret('TOKEN'),
    timeoutMs: 5000,
    env: {},
    clock: hurriedClock,
    ...options,
  })
}

test('a token needs no crumb', async () => {
  const jenkins = await http([['crumb', 10]])
  await jenkins.ask(quiet)
})

test('a password fetches a crumb when Jenkins first misses it, and keeps it with its session cookie', async () => {
  const jenkins = await http(
    [
      ['crumb', 3],
      ['crumb', 2],
      ['crumb', 6],
      ['crumb', 6],
    ],
    { token: new Secret('PASSWORD') },
  )
  await jenkins.ask(quiet)
  await jenkins.ask(quiet)
})

test('a crumb that is not taken either ends with the advice to use a token', async () => {
  let crumbs = 0
  const root = await serveHttp((request, response) => {
    const isIssuer = request.url === '/crumbIssuer/api/json'
    if (isIssuer) crumbs++
    response.writeHead(isIssuer ? 200 : 403, { 'Content-Type': isIssuer ? 'application/json' : 'text/html' })
    response.end(
      isIssuer ? '{"crumb":"abc","crumbRequestField":"Jenkins-Crumb"}' : 'No valid crumb was included',
    )
  })
  const jenkins = await http([], { root })
  await expect(jenkins.ask(quiet)).rejects.toMatchObject({
    failure: 'forbidden',
    hint: expect.stringContaining('API token'),
  })
  expect(crumbs).toBe(1)
})

test('a wrong password is a wrong password, crumb or not', async () => {
  const jenkins = await http([['crumb', 13], login], { token: new Secret('wrong') })
  await expect(jenkins.ask(quiet)).rejects.toMatchObject({ failure: 'unauthenticated' })
})

test('a 401 of a controller that is going down is not believed', async () => {
  const jenkins = await http([fine, goingDown, ['boot-restart', 16]])
  await jenkins.ask(mode)
  await expect(jenkins.ask(mode)).rejects.toMatchObject({ failure: 'booting' })
})

test('a 401 is not believed when the port closes after it', async () => {
  const reset: Pick = ['boot-restart', 21]
  const jenkins = await http([fine, goingDown, reset, reset])
  await jenkins.ask(mode)
  await expect(jenkins.ask(mode)).rejects.toMatchObject({ failure: 'unreachable' })
})

test('a 401 is not believed when a controller that is up takes the token again', async () => {
  const jenkins = await http([fine, goingDown, login, fine])
  await jenkins.ask(mode)
  expect((await jenkins.ask(mode)).status).toBe(200)
})

test('a 401 that a controller repeats when it is up means that the token was withdrawn', async () => {
  const pauses: number[] = []
  const clock = { now: Date.now, sleep: async (ms: number) => void pauses.push(ms) }
  const jenkins = await http([fine, goingDown, login, goingDown, goingDown, login], { clock })
  await jenkins.ask(mode)
  await expect(jenkins.ask(mode)).rejects.toMatchObject({ failure: 'unauthenticated' })
  expect(pauses).toEqual([2000])
  await expect(jenkins.ask(mode)).rejects.toMatchObject({ failure: 'unauthenticated' })
  expect(pauses).toEqual([2000])
})

test('a first 401 is believed at once from a controller that is up', async () => {
  const jenkins = await http([goingDown, login])
  await expect(jenkins.ask(mode)).rejects.toMatchObject({ failure: 'unauthenticated' })
})

test('a first 401 of a controller that is going down is not', async () => {
  const jenkins = await http([goingDown, ['boot-restart', 16]])
  await expect(jenkins.ask(mode)).rejects.toMatchObject({ failure: 'booting' })
})

test('a 401 after success without any login page is a fault that may pass', async () => {
  let isUp = true
  const root = await serveHttp((_request, response) => {
    response.writeHead(isUp ? 200 : 401, { 'X-Jenkins': '2.498', 'X-Jenkins-Session': 'a' }).end('{}')
  })
  const jenkins = await http([], { root })
  await jenkins.ask(mode)
  isUp = false
  await expect(jenkins.ask(mode)).rejects.toMatchObject({ failure: 'broken', status: 401 })
})

test('a new session id means that the controller has restarted, and its crumb is gone', async () => {
  const told: unknown[] = []
  let session = 'first'
  let crumbs = 0
  const root = await serveHttp((request, response) => {
    response.setHeader('X-Jenkins', '2.498').setHeader('X-Jenkins-Session', session)
    if (request.url === '/crumbIssuer/api/json') {
      crumbs++
      response.setHeader('Set-Cookie', `JSESSIONID.1=${session}; Path=/`)
      response.end(`{"crumb":"crumb-${session}","crumbRequestField":"Jenkins-Crumb"}`)
      return
    }
    const hasCrumb = request.headers['jenkins-crumb'] === `crumb-${session}`
    const hasCookie = request.headers.cookie === `JSESSIONID.1=${session}`
    if (request.method === 'POST' && !(hasCrumb && hasCookie)) response.writeHead(403).end('No valid crumb')
    else response.writeHead(request.method === 'POST' ? 302 : 200, { Location: '/' }).end('{}')
  })
  const jenkins = await http([], {
    root,
    onRestart: (seen, previous) => told.push([previous.session, seen.session]),
  })
  await jenkins.ask(quiet)
  await jenkins.ask(quiet)
  expect(crumbs).toBe(1)
  session = 'second'
  await jenkins.ask(mode)
  expect(told).toEqual([['first', 'second']])
  expect(jenkins.seen).toEqual({ version: '2.498', session: 'second' })
  await jenkins.ask(quiet)
  expect(crumbs).toBe(2)
})

test('the recorded restart is noticed', async () => {
  const told: string[] = []
  const jenkins = await http(
    [
      ['boot-restart', 14],
      ['boot-restart', 40],
    ],
    { onRestart: (seen) => told.push(seen.session) },
  )
  await jenkins.ask(mode)
  await jenkins.ask(mode)
  expect(told).toHaveLength(1)
})

test.each([
  ['the same place over https', '/quietDown', 'https://jenkins.test/quietDown'],
  ['the same place with a slash', '/quietDown', '/quietDown/'],
  ['a login page', '/quietDown', '/securityRealm/commenceLogin?from=%2F'],
  ['another context path', '/quietDown', '/jenkins/quietDown'],
])('a change that is answered with a redirect to %s did not happen', async (_where, path, location) => {
  const root = await serveHttp((_request, response) => response.writeHead(302, { Location: location }).end())
  const jenkins = await http([], { root })
  const ask = { ...quiet, path: path.slice(1), landsOn: /^$/ }
  await expect(jenkins.ask(ask)).rejects.toMatchObject({ name: 'RemoteError', status: 302 })
})
