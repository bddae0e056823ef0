import { describe, expect, test } from 'vitest'
import { agentConfigSchema } from '../../../../agent/config/schema.ts'
import { localAddressTowards, sshAddress } from '../../../../agent/transports/ssh/address.ts'

function find(ssh: object, engineHost?: string) {
  const controller = { url: 'http://jenkins.test/', user: 'ann', token: 'env:NONE' }
  return sshAddress({
    settings: agentConfigSchema.parse({ controller, ssh }).ssh,
    controllerUrl: controller.url,
    engineHost,
    route: async () => '10.0.0.7',
    ownAddresses: () => ['127.0.0.1', '10.0.0.7', '192.168.1.2'],
  })
}

describe('the address of the slots', () => {
  test.each<[string, object, string | undefined, object]>([
    ['is the one towards the controller', {}, undefined, { host: '10.0.0.7', bind: '10.0.0.7' }],
    [
      'is the configured one',
      { host: '192.168.1.2' },
      undefined,
      { host: '192.168.1.2', bind: '192.168.1.2' },
    ],
    [
      'may be one that is translated on the way',
      { host: 'vpn.example' },
      undefined,
      { host: 'vpn.example', bind: '0.0.0.0' },
    ],
    [
      'is bound to where its owner says',
      { host: 'vpn.example', bind: '127.0.0.1' },
      undefined,
      { host: 'vpn.example', bind: '127.0.0.1' },
    ],
    ['is that of the engine where that is elsewhere', {}, 'build', { host: 'build', bind: '0.0.0.0' }],
  ])('%s', async (_name, ssh, engineHost, address) => {
    expect(await find(ssh, engineHost)).toEqual(address)
  })
})

test('towards loopback this machine is itself, whatever the port and without anybody listening', async () => {
  expect(await localAddressTowards('http://127.0.0.1:9/')).toBe('127.0.0.1')
})

test('a controller that cannot be looked up is told with the setting that helps', async () => {
  await expect(localAddressTowards('http://nobody.invalid/')).rejects.toMatchObject({
    failure: 'unreachable',
    hint: expect.stringContaining('ssh.host'),
  })
})
