import { execFile } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { withNetwork } from '../../../library/steps/with-network.ts'
import { until } from '../../support/until.ts'
import { importImage } from '../support/image.ts'
import { callStep } from '../support/step-call.ts'

const run = promisify(execFile)
const docker = async (...words: string[]) => (await run('docker', words)).stdout.trim()
/** Serves one page with its own name on port 80. */
const server = {
  files: { '/srv/index.html': 'served\n' },
  changes: ['CMD ["httpd", "-f", "-p", "80", "-h", "/srv"]'],
}

describe('withNetwork', () => {
  test('lets containers find each other by name, and leaves nothing', async () => {
    const image = await importImage(server)
    const call = await callStep(withNetwork, {
      parameters: {
        subnet: freeSubnet(),
        labels: { team: '$(touch /tmp/evaluated) "quoted"' },
        containers: { web: image },
        command: `docker run --rm --network "$NETWORK_NAME" ${image} wget -q -O - http://web/`,
      },
    })
    const { status, log, results } = await call.phase('run')
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(log).toContain('served')
    expect(results.values).toMatchObject({ name: `footman-${call.id}` })
    expect(results.report).toMatch(/^had the network footman-\S+ for \d+ s$/)
    expect(await leftOf(call.id)).toEqual('')
  })

  test('gives an internal network no way out but by its bastion', async () => {
    const image = await importImage(server)
    const outside = await network()
    const beyond = await container(image, '--network', outside, '--network-alias', 'beyond')
    const call = await callStep(withNetwork, {
      parameters: { internal: true, containers: { inside: image, gate: image }, also: { gate: outside } },
    })
    expect(await call.phase('begin')).toMatchObject({ status: 0 })
    const from = (name: string) =>
      `docker exec footman-${call.id}-${name} timeout 20 wget -q -O - http://beyond/ 2>&1 || echo no way`
    expect((await call.body(from('inside'))).log).toContain('no way')
    expect((await call.body(from('gate'))).log).toContain('served')
    const reach = `docker exec footman-${call.id}-gate wget -q -O - http://inside/`
    expect((await call.body(reach)).log).toContain('served')
    expect(await call.phase('end')).toMatchObject({ status: 0 })
    expect(await leftOf(call.id)).toEqual('')
    expect(await docker('inspect', '--format', '{{.State.Running}}', beyond)).toBe('true')
  })

  test('connects a container that runs already, and lets it go on afterwards', async () => {
    const image = await importImage(server)
    const older = await container(image)
    const call = await callStep(withNetwork, { parameters: { attach: [`${older}=cache`] } })
    await call.phase('begin')
    const reached = await call.body(
      `docker run --rm --network "$NETWORK_NAME" ${image} wget -q -O - http://cache/`,
    )
    expect(reached.log).toContain('served')
    await call.phase('finish')
    expect(await call.phase('end')).toMatchObject({ status: 0 })
    expect(
      await docker('inspect', '--format', '{{.State.Running}} {{len .NetworkSettings.Networks}}', older),
    ).toBe('true 1')
  })

  test('refuses what the engine would take or only later complain of, before anything is made', async () => {
    const taken = freeSubnet()
    const other = await network('--subnet', taken)
    const stopped = await container(await importImage(), '--name', `footman-test-${randomInt(1e9)}`)
    const cases: [Record<string, unknown>, string | RegExp][] = [
      [{ subnet: '127.0.0.0/8' }, 'subnet must be an IPv4 network'],
      [{ subnet: '10.99.0.7/24' }, 'which is an address inside a network'],
      [{ subnet: taken }, `overlaps with ${taken}, the network ${other}`],
      [{ subnet: taken.replace('0/24', '128/25') }, `overlaps with ${taken}`],
      [{ subnet: '10.253.9.0/24', gateway: '10.253.8.1' }, 'which is no address of a machine'],
      [{ name: other }, `there is a network ${other} already`],
      [{ name: 'bridge' }, 'keeps for itself'],
      [{ attach: ['footman-nobody'] }, 'there is no such container'],
      [{ attach: [stopped] }, 'does not run'],
      [{ containers: { a: 'x' }, also: { b: 'bridge' } }, 'not among containers'],
      [{ containers: { a: 'x' }, also: { a: 'footman-none' } }, 'there is no such network'],
    ]
    for (const [parameters, says] of cases) {
      const call = await callStep(withNetwork, { parameters })
      const { status, log } = await call.phase('begin')
      expect({ status, log }).toMatchObject({ status: 1, log: expect.stringMatching(says) })
      expect(await leftOf(call.id)).toBe('')
    }
  })

  test('tells the last words of a container that ends or is unhealthy, and takes all away again', async () => {
    const ends = await importImage({
      files: { '/say': '#!/bin/sh\necho out of luck\nexit 7\n' },
      changes: ['CMD ["/say"]'],
    })
    const call = await callStep(withNetwork, { parameters: { containers: { db: ends } } })
    const { status, log } = await call.phase('begin')
    expect(status).toBe(1)
    expect(log).toContain('the container db ended with 7')
    expect(log).toContain('    out of luck')
    expect(await leftOf(call.id)).toBe('')
  })

  test('leaves nothing behind when it is ended in the middle, not even the second time', async () => {
    const image = await importImage(server)
    const call = await callStep(withNetwork, {
      parameters: { containers: { web: image }, command: 'echo started; sleep 300' },
    })
    const phase = call.start('run')
    await until('the command runs', () => phase.log().includes('started'))
    phase.process.kill('SIGTERM')
    phase.process.kill('SIGTERM')
    expect((await phase.ended).status).toBe(143)
    expect(await leftOf(call.id)).toBe('')
  })

  test('does not remove a network of that name which somebody else made meanwhile', async () => {
    const call = await callStep(withNetwork)
    await call.phase('begin')
    await docker('network', 'rm', `footman-${call.id}`)
    await docker('network', 'create', `footman-${call.id}`)
    onTestFinished(async () => void (await docker('network', 'rm', `footman-${call.id}`)))
    expect(await call.phase('end')).toMatchObject({ status: 0 })
    expect(await docker('network', 'ls', '-q', '--filter', `name=footman-${call.id}`)).not.toBe('')
  })
})

/** From a range that nothing else of the tests uses. */
function freeSubnet(): string {
  return `10.${randomInt(200, 250)}.${randomInt(1, 250)}.0/24`
}

async function leftOf(id: string): Promise<string> {
  const containers = await docker('ps', '-aq', '--filter', `label=footman.call=${id}`)
  return containers + (await docker('network', 'ls', '-q', '--filter', `label=footman.call=${id}`))
}

async function network(...words: string[]): Promise<string> {
  const name = `footman-test-${randomInt(1e9)}`
  await docker('network', 'create', ...words, name)
  onTestFinished(async () => void (await docker('network', 'rm', name)))
  return name
}

async function container(image: string, ...words: string[]): Promise<string> {
  const isNamed = words.includes('--name')
  const name = isNamed ? (words[words.indexOf('--name') + 1] ?? '') : `footman-test-${randomInt(1e9)}`
  await docker(
    ...(isNamed ? ['create'] : ['run', '-d', '--name', name]),
    ...words,
    image,
    ...(isNamed ? ['true'] : []),
  )
  onTestFinished(async () => void (await docker('rm', '-f', '-v', name)))
  return name
}
