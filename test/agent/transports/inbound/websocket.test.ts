import { describe, expect, test } from 'vitest'
import { webSocketTransport } from '../../../../agent/transports/inbound/websocket.ts'
import { Secret } from '../../../../core/secret.ts'
import type { WebSocketProbe } from '../../../../jenkins/jenkins.ts'
import { FakeJenkins } from '../../../support/fake-jenkins.ts'
import { trial } from '../../../support/trial.ts'

/** A controller that answers every probe so. */
function answering(probe: WebSocketProbe): FakeJenkins {
  const jenkins = new FakeJenkins()
  jenkins.probeWebSocket = async () => probe
  return jenkins
}

const secret = new Secret('opensesame')

function tryOut(probe: WebSocketProbe) {
  return webSocketTransport.tryOut(trial({ jenkins: answering(probe), secret }))
}

describe('trying WebSocket out', () => {
  test.each<[WebSocketProbe, boolean | undefined, string]>([
    ['accepted', true, 'would be let in'],
    ['not-supported', false, 'nor a proxy before it lets WebSocket through'],
    ['unclear', undefined, 'does not say clearly'],
    ['wrong-secret', false, 'would be refused over WebSocket (wrong-secret)'],
    ['occupied', false, 'would be refused over WebSocket (occupied)'],
  ])('a controller that answers %s', async (probe, usable, words) => {
    const found = await tryOut(probe)
    expect(found).toMatchObject({ usable, finding: expect.stringContaining(words) })
    if (!usable) expect(found.cure).toContain('transport: tcp')
  })

  test('is not possible without the secret of the node', async () => {
    const jenkins = new FakeJenkins()
    const found = await webSocketTransport.tryOut(trial({ jenkins }))
    expect(found).toEqual({ usable: undefined, finding: 'it could not be tried: the secret is missing' })
    expect(jenkins.calls).toEqual([])
  })
})

test.each([
  ['2.216', false],
  ['2.217', true],
])('Jenkins %s has WebSocket agents: %s', async (version, usable) => {
  const jenkins = new FakeJenkins()
  jenkins.version = version
  expect((await webSocketTransport.usable(jenkins)).usable).toBe(usable)
})

describe('why an agent did not get through', () => {
  const explain = (probe: WebSocketProbe, log = '') =>
    webSocketTransport.explain({
      jenkins: answering(probe),
      node: 'n',
      secret,
      log,
      agentUrl: 'http://jenkins.test/',
    })

  test('is what the controller would answer it', async () => {
    expect(await explain('wrong-secret')).toBe('the controller refuses the secret of this node')
  })

  test('is in its log when the controller would let it in', async () => {
    expect(await explain('accepted', 'java.net.UnknownHostException: jenkins.test')).toContain(
      'cannot resolve the host of http://jenkins.test/',
    )
  })

  test('is in the log that the controller keeps of the node, when it let the agent in and turned it out', async () => {
    const jenkins = answering('accepted')
    jenkins.logs.set('n', 'Remoting version: 3107\nERROR: The agent is not welcome\n')
    const attempt = { jenkins, node: 'n', secret, log: '', agentUrl: 'http://jenkins.test/' }
    expect(await webSocketTransport.explain(attempt)).toBe('the controller says: The agent is not welcome')
    jenkins.denied.add('Connect')
    expect(await webSocketTransport.explain(attempt)).toContain('look at the log of the container')
  })

  test('is left to the reader when nobody knows', async () => {
    expect(await explain('accepted')).toContain('look at the log of the container')
  })
})
