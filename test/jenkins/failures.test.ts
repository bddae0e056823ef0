import { describe, expect, test } from 'vitest'
import { RemoteError } from '../../core/errors.ts'
import { connectionFailure } from '../../jenkins/connection-failures.ts'
import type { Answer, Ask } from '../../jenkins/exchange.ts'
import { refusal, unreadable } from '../../jenkins/failures.ts'
import { permissionName } from '../../jenkins/permissions.ts'
import { bodyOf, exchangesOf } from '../support/recordings.ts'

const controller = { root: 'https://jenkins.test/', user: 'ann' }
const queue: Ask = { doing: 'read the queue', path: 'queue/api/json' }

function answer(status: number, headers: Record<string, string> = {}, body = ''): Answer {
  return { status, headers, cookies: [], body: Buffer.from(body) }
}

describe('every recorded refusal has a kind, one line of text and no markup', () => {
  const scenarios = ['auth', 'boot-restart', 'crumb', 'jobs-and-builds', 'node-config', 'node-create-refused']
  const more = ['node-create', 'node-jnlp-delete', 'node-states', 'permissions', 'queue-item-life', 'swarm']
  test.each([...scenarios, ...more])('%s', (scenario) => {
    for (const { request, response } of exchangesOf(scenario)) {
      if (response.status === null || response.status < 400) continue
      const headers = Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [
          name.toLowerCase(),
          [value].flat().join(', '),
        ]),
      )
      const got = { status: response.status, headers, cookies: [], body: bodyOf(response.body) }
      const error = refusal({ doing: 'do this', path: request.path.slice(1) }, got, controller)
      expect(error).toBeInstanceOf(RemoteError)
      expect(error.status).toBe(response.status)
      expect(error.message).toMatch(/^Cannot do this: (?:(?!<\/?\w).){5,250}$/)
      expect(error.hint).toBeTruthy()
      expect(kindsOf(response.status)).toContain(error.failure)
      if (headers['x-required-permission']) expect(error.permission).toBe(headers['x-required-permission'])
    }
  })
})

function kindsOf(status: number): string[] {
  if (status === 401) return ['unauthenticated']
  if (status === 403) return ['forbidden', 'unauthenticated']
  if (status === 404) return ['not-found']
  if (status === 422) return ['forbidden']
  if (status === 503) return ['booting']
  return status >= 500 ? ['broken'] : ['rejected', 'conflict']
}

test.each([
  ['https://jenkins.test/queue/api/json?tree=x', 'https://jenkins.test/'],
  ['/jenkins/queue/api/json', 'https://jenkins.test/jenkins/'],
  ['https://ci.test/queue/api/json', 'https://ci.test/'],
  ['https://ci.test/welcome', 'https://ci.test/welcome'],
  ['https://lessons.test/queue/api/json', 'https://lessons.test/'],
])('a redirect to %s suggests %s as the URL', (location, suggestion) => {
  expect(refusal(queue, answer(301, { location }), controller)).toMatchObject({
    failure: 'rejected',
    hint: `set controller.url to ${suggestion}`,
  })
})

test.each([
  '/securityRealm/commenceLogin?from=%2F',
  'https://login.corp.test/realms/x',
  'https://idp.test/saml2/idp',
])('a redirect to %s is a single sign-on', (location) => {
  expect(refusal(queue, answer(302, { location }), controller)).toMatchObject({
    failure: 'unauthenticated',
    hint: expect.stringContaining('single sign-on'),
  })
})

test('a 404 of something else than Jenkins asks for the context path', () => {
  expect(refusal(queue, answer(404, {}, '<html>nginx</html>'), controller)).toMatchObject({
    failure: 'not-found',
    message: 'Cannot read the queue: what answers at https://jenkins.test/ is not Jenkins',
    hint: expect.stringContaining('https://jenkins.test/jenkins/'),
  })
})

test.each([
  [answer(503, {}, '<title>Starting Jenkins</title>'), 'booting', 'Jenkins is starting'],
  [answer(503, {}, '<title>Restarting Jenkins</title>'), 'booting', 'Jenkins is restarting'],
  [answer(503, {}, '<title>503 Service Temporarily Unavailable</title>'), 'booting', 'is not ready (503)'],
  [answer(502, {}, '<title>502 Bad Gateway</title>'), 'unreachable', 'cannot reach Jenkins (502)'],
  [answer(504), 'unreachable', 'cannot reach Jenkins (504)'],
  [answer(500, { 'x-jenkins': '2.498' }), 'broken', 'failed inside (500)'],
  [
    answer(401, { 'www-authenticate': 'Basic realm="Company"' }),
    'unauthenticated',
    'login of its own ("Company")',
  ],
  [answer(403, { 'x-jenkins': '2.498' }, 'Authentication required'), 'unauthenticated', 'no login arrived'],
  [answer(403, {}, '<html>Blocked by policy</html>'), 'forbidden', 'not Jenkins who says so'],
  [answer(400), 'rejected', 'it gives no reason'],
  [answer(302), 'broken', 'without saying where to go'],
  [answer(429), 'broken', 'more often than a proxy'],
])('an answer of a proxy or of a controller in between is understood (%#)', (got, failure, text) => {
  expect(refusal(queue, got, controller)).toMatchObject({ failure, message: expect.stringContaining(text) })
})

test('a web page instead of data is a wrong URL or a login page in between', () => {
  const page = answer(200, { 'content-type': 'text/html' }, '<title>Welcome</title>')
  expect(unreadable(queue, page, { controller, detail: 'x' })).toMatchObject({
    failure: 'broken',
    message:
      'Cannot read the queue: https://jenkins.test/ answers with a web page ("Welcome") where data was expected',
    hint: expect.stringContaining('check controller.url'),
  })
})

test.each([
  ['hudson.model.Computer.Create', 'Agent/Create'],
  ['hudson.model.Hudson.Administer', 'Overall/Administer'],
  ['hudson.model.Item.Build', 'Job/Build'],
  ['com.cloudbees.plugins.credentials.CredentialsProvider.View', 'Credentials/View'],
  ['org.acme.Plugin.Dance', 'org.acme.Plugin.Dance'],
])('%s is called %s', (id, name) => {
  expect(permissionName(id)).toBe(name)
})

test.each([
  ['ENOTFOUND', 'unreachable', 'the name jenkins.test is unknown'],
  ['EAI_AGAIN', 'unreachable', 'the name jenkins.test is unknown'],
  ['ETIMEDOUT', 'timeout', 'does not answer'],
  ['EHOSTUNREACH', 'unreachable', 'no way leads to'],
  ['CERT_NOT_YET_VALID', 'unreachable', 'is not valid yet'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'unreachable', 'is signed by nobody we know'],
  ['EWEIRD', 'unreachable', 'strange things'],
])('a connection that fails with %s is %s', (code, failure, text) => {
  const way = {
    url: new URL('https://jenkins.test/x'),
    proxy: undefined,
    caFile: '/etc/ca.pem',
    timeoutMs: 1,
  }
  const error = connectionFailure(queue, Object.assign(new Error('strange things'), { code }), way)
  expect(error).toMatchObject({ failure, message: expect.stringContaining(text) })
  expect(error.hint).toBeTruthy()
})
