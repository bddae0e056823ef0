import { expect, test } from 'vitest'
import { Secret } from '../../core/secret.ts'
import { serveHttp } from '../support/local-server.ts'
import { recorded } from '../support/recordings.ts'
import { type Pick, replayed } from '../support/replay-server.ts'

test.each([
  ['jws', 0],
  ['jtcp', 1],
  ['jtun', 2],
  ['jnowd', 3],
  ['jfail', 4],
  ['jmin', 5],
])('the secret of %s is read, whatever else the file holds', async (name, at) => {
  const jenkins = await replayed([['node-jnlp-delete', at]])
  const secret = await jenkins.inboundSecret(name)
  expect(secret.reveal()).toMatch(/^[a-f]{64}$/)
  expect(recorded('node-jnlp-delete', at).response.body).toContain(`<argument>${secret.reveal()}</argument>`)
  expect(`${secret}`).toBe('[redacted]')
})

test('an old controller has the secret under the old name', async () => {
  const jnlp = String(recorded('node-jnlp-delete', 6).response.body)
  const url = await serveHttp((request, response) => {
    const isOld = request.url === '/computer/jws/slave-agent.jnlp'
    response.writeHead(isOld ? 200 : 404, { 'X-Jenkins': '2.190.1' }).end(isOld ? jnlp : '')
  })
  const jenkins = await replayed([], { url })
  expect((await jenkins.inboundSecret('jws')).reveal()).toMatch(/^[a-f]{64}$/)
  await expect(jenkins.inboundSecret('nosuch')).rejects.toMatchObject({ failure: 'not-found' })
})

test('a file without a secret is a fault, and its content is not shown', async () => {
  const url = await serveHttp((_request, response) => response.end('<jnlp><argument>abc</argument></jnlp>'))
  const jenkins = await replayed([], { url })
  await expect(jenkins.inboundSecret('n1')).rejects.toMatchObject({
    failure: 'broken',
    message: 'Cannot read the secret of node n1: the answer holds none',
  })
})

test('the secret needs Agent/Connect', async () => {
  const jenkins = await replayed([['permissions', 4]], { user: 'noconnect' })
  await expect(jenkins.inboundSecret('perm1')).rejects.toMatchObject({
    permission: 'hudson.model.Computer.Connect',
  })
})

test('agent.jar is fetched without credentials', async () => {
  const jenkins = await replayed([['agent-endpoints', 0]])
  expect((await jenkins.agentJar()).length).toBe(1_395_562)
})

test('a web page is not taken for agent.jar', async () => {
  const url = await serveHttp((_request, response) => response.end('<html>Welcome to our network</html>'))
  const jenkins = await replayed([], { url })
  await expect(jenkins.agentJar()).rejects.toMatchObject({ failure: 'broken' })
})

test('the TCP port for agents is read from the headers', async () => {
  const jenkins = await replayed([['agent-endpoints', 12]])
  expect(await jenkins.agentListener()).toEqual({
    host: '127.0.0.1',
    port: 15_000,
    protocols: ['JNLP4-connect', 'Ping'],
    minimumRemoting: '3107.v665000b_51092',
    hasIdentity: true,
  })
})

test('a TCP port that is switched off is undefined', async () => {
  const jenkins = await replayed([['agent-endpoints', 22]])
  expect(await jenkins.agentListener()).toBeUndefined()
})

test('a listener that names another host and lacks its identity says so', async () => {
  const url = await serveHttp((_request, response) => {
    response.writeHead(200, { 'X-Hudson-JNLP-Port': '50000', 'X-Jenkins-JNLP-Host': 'agents.test' }).end()
  })
  const jenkins = await replayed([], { url })
  expect(await jenkins.agentListener()).toEqual({
    host: 'agents.test',
    port: 50_000,
    protocols: [],
    minimumRemoting: undefined,
    hasIdentity: false,
  })
})

test('a page without the headers is no listener', async () => {
  const url = await serveHttp((_request, response) => response.end('hello'))
  const jenkins = await replayed([], { url })
  await expect(jenkins.agentListener()).rejects.toMatchObject({ failure: 'broken' })
})

const ours = String(recorded('wsagents-probe', 9).request.headers['Secret-Key'])
const wrong = '0'.repeat(64)
const login: Pick = ['auth', 9]
const dummy = 'X-Remoting-Capability'

test.each<[string, string, string, Pick[]]>([
  ['accepted', 'w1', ours, [['wsagents-probe', 9]]],
  ['unknown-node', 'nosuch', wrong, [['wsagents-probe', 5, dummy]]],
  ['wrong-secret', 'w1', wrong, [['wsagents-probe', 6, dummy]]],
  ['wrong-secret', 'w1', wrong, [['wsagents-probe', 19, dummy]]],
  ['occupied', 'w1', ours, [['wsagents-probe', 18], login]],
])('a WebSocket agent would be told: %s (%s)', async (verdict, node, secret, picks) => {
  const jenkins = await replayed(picks)
  expect(await jenkins.probeWebSocket(node, new Secret(secret))).toBe(verdict)
})

test('a controller that is going down is not taken for an occupied node', async () => {
  const jenkins = await replayed([
    ['wsagents-probe', 18],
    ['boot-restart', 16],
  ])
  await expect(jenkins.probeWebSocket('w1', new Secret(ours))).rejects.toMatchObject({ failure: 'booting' })
})

test('a booting controller has no verdict on the probe', async () => {
  const jenkins = await replayed([['boot-restart', 19]])
  await expect(jenkins.probeWebSocket('w1', new Secret(ours))).rejects.toMatchObject({ failure: 'booting' })
})

test.each([
  ['occupied', 400, 'w1 is already connected to this controller. Rejecting this connection.'],
  ['unclear', 400, 'This endpoint is only for use from agent.jar in WebSocket mode'],
  ['not-supported', 404, 'Not found'],
  ['not-supported', 403, 'Authentication required'],
  ['unclear', 302, ''],
])('the answers of other versions and proxies are %s: %d %s', async (verdict, status, text) => {
  const url = await serveHttp((request, response) => {
    const isUp = request.url === '/login'
    response.writeHead(isUp ? 200 : status, { 'X-Jenkins': '2.511' }).end(`<html><body>${text}</body></html>`)
  })
  const jenkins = await replayed([], { url })
  expect(await jenkins.probeWebSocket('w1', new Secret(ours))).toBe(verdict)
})
