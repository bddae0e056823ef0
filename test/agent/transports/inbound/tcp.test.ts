import { describe, expect, test } from 'vitest'
import { createTcpTransport } from '../../../../agent/transports/inbound/tcp.ts'
import type { Banner } from '../../../../agent/transports/inbound/tcp-banner.ts'
import { Secret } from '../../../../core/secret.ts'
import type { AgentListener } from '../../../../jenkins/jenkins.ts'
import { FakeJenkins } from '../../../support/fake-jenkins.ts'
import { trial } from '../../../support/trial.ts'

const listener: AgentListener = {
  host: 'jenkins.test',
  port: 50_000,
  protocols: ['JNLP4-connect', 'Ping'],
  minimumRemoting: undefined,
  hasIdentity: true,
}

function withListener(over: Partial<AgentListener> = {}): FakeJenkins {
  const jenkins = new FakeJenkins()
  jenkins.listener = { ...listener, ...over }
  return jenkins
}

function tryOut(jenkins: FakeJenkins, banner: Banner) {
  const transport = createTcpTransport(async () => banner)
  return transport.tryOut(trial({ jenkins }))
}

describe('trying TCP out', () => {
  test.each<[Banner, boolean, string]>([
    [{ kind: 'jenkins' }, true, 'Jenkins answers at jenkins.test:50000'],
    [{ kind: 'silent' }, true, 'something takes connections at jenkins.test:50000, without a word'],
    [{ kind: 'other' }, false, 'what answers at jenkins.test:50000 is not the agent port of Jenkins'],
    [{ kind: 'unreachable', reason: 'late' }, false, 'nothing can be reached at jenkins.test:50000: late'],
  ])('what answers at the port decides: %o', async (banner, usable, finding) => {
    const found = await tryOut(withListener(), banner)
    expect(found).toMatchObject({ usable, finding })
    if (!usable) expect(found.cure).toContain('let jenkins.test:50000 through the firewall')
  })

  test.each<[string, Partial<AgentListener>, string]>([
    ['without identity', { hasIdentity: false }, 'instance-identity'],
    ['without JNLP4', { protocols: ['Ping'] }, 'transport: websocket'],
  ])('a port %s is not even connected to', async (_name, over, cure) => {
    const transport = createTcpTransport(() => Promise.reject(new Error('nobody shall connect')))
    const jenkins = withListener(over)
    const found = await transport.tryOut(trial({ jenkins }))
    expect(found).toMatchObject({ usable: false, cure: expect.stringContaining(cure) })
  })
})

describe('why an agent did not get through', () => {
  const explain = (jenkins: FakeJenkins, log: string) =>
    createTcpTransport().explain({
      jenkins,
      node: 'n',
      secret: new Secret('opensesame'),
      log,
      agentUrl: 'http://jenkins.test/',
    })

  test('is the port first', async () => {
    expect(await explain(new FakeJenkins(), 'Connection refused')).toContain('switched off')
  })

  test('is in its log when the port is in order', async () => {
    expect(await explain(withListener(), 'java.lang.OutOfMemoryError')).toContain('too small for the agent')
    expect(await explain(withListener(), '')).toContain('although agents connect to jenkins.test:50000')
  })
})
