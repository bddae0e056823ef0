import { expect, test } from 'vitest'
import { causeInLog, causeInNodeLog, linkOf } from '../../../../agent/transports/inbound/link.ts'

const connecting = 'INFO: Setting up agent: laptop-1\nINFO: Locating server among [http://jenkins.test/]'

test.each([
  ['nothing at all', '', 'unknown'],
  ['an agent on its way', connecting, 'connecting'],
  ['an agent that arrived', `${connecting}\nINFO: Connected`, 'connected'],
  ['an agent that lost its way', `${connecting}\nINFO: Connected\nTerminated\r\n`, 'connecting'],
  [
    'an agent whose Java speaks German',
    `${connecting}\nJuli 19, 2026 1:33:51 NACHM. hudson.remoting.Launcher$CuiListener status\nINFORMATION: Connected`,
    'connected',
  ],
  ['an agent that is refused', `${connecting}\nINFO: Failed to connect: Handshake error.`, 'connecting'],
  [
    'an agent that waits for its controller',
    `INFO: Connected\nINFO: Terminated\nINFO: http://jenkins.test/login is not ready: 503`,
    'connecting',
  ],
  [
    'a plugin that reaches something else in vain',
    `${connecting}\nINFO: Connected\nWARNING: Failed to connect to registry.test:443\nThe build was Terminated`,
    'connected',
  ],
  ['a build that prints the word', `${connecting}\nbuild: Connected to the database`, 'connecting'],
] as const)('the log of %s tells its link', (_name, log, link) => {
  expect(linkOf(log)).toBe(link)
})

test.each([
  ['java.net.UnknownHostException: jenkins.test', 'cannot resolve the host of http://jenkins.test/'],
  ['java.net.ConnectException: Connection refused', 'set controller.agentUrl'],
  ['javax.net.ssl.SSLHandshakeException: PKIX path building failed', 'does not trust the certificate'],
  ['java.lang.UnsupportedClassVersionError: hudson/remoting/Launcher', 'too old for the agent.jar'],
  ['exec: "java": executable file not found in $PATH', 'the image holds no Java'],
  ['ann-1 is already connected to this controller. Rejecting', 'already connected'],
  ['java.lang.OutOfMemoryError: Java heap space', 'too small for the agent itself'],
])('of %s people are told the cause', (log, cause) => {
  expect(causeInLog(log, 'http://jenkins.test/')).toContain(cause)
})

test('a log without a cause tells none', () => {
  expect(causeInLog('INFO: Failed to connect: Handshake error.', 'http://jenkins.test/')).toBeUndefined()
})

test('what the controller holds against an agent is found in its log of the node', () => {
  const rejection =
    'Rejecting the connection because the Remoting version is older than the minimum required version (3176)'
  expect(causeInNodeLog(`Remoting version: 3107\nFATAL: ${rejection}. To allow\nbye`)).toBe(
    `the controller says: ${rejection}. To allow`,
  )
  expect(causeInNodeLog('Agent successfully connected and online')).toBeUndefined()
})
