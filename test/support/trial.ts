import { agentConfigSchema } from '../../agent/config/schema.ts'
import type { Trial } from '../../agent/transports/transport.ts'
import { FakeJenkins } from './fake-jenkins.ts'

/** The trial of a transport with a node `n`, where nothing may be started; change what the test is about. */
export function trial(over: Partial<Trial> = {}): Trial {
  const controller = { url: 'http://jenkins.test/', user: 'ann', token: 'env:NONE' }
  return {
    jenkins: new FakeJenkins(),
    node: 'n',
    secret: undefined,
    config: agentConfigSchema.parse({ controller }),
    engine: undefined,
    signal: undefined,
    ...over,
  }
}
