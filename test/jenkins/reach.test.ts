import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { Secret } from '../../core/secret.ts'
import { startPracticeController } from '../../jenkins/practice/controller.ts'
import { jenkinsIn, probeIn } from '../../jenkins/reach.ts'
import { hostFake } from '../support/host-fake.ts'

/** A container whose engine leads to a practice controller, if it is asked for the right port. */
async function stage(options: { JENKINS_OPTS?: string; contextPath?: string } = {}) {
  const { JENKINS_OPTS, contextPath = '' } = options
  const controller = await startPracticeController({ contextPath })
  onTestFinished(() => controller.stop())
  const host = hostFake()
  host.addImage('jenkins:1', { Config: { Env: ['JENKINS_HOME=/var/jenkins_home'] } })
  await host.create('jenkins', {
    Image: 'jenkins:1',
    ...(JENKINS_OPTS !== undefined && { Env: [`JENKINS_OPTS=${JENKINS_OPTS}`] }),
  })
  await host.start('jenkins')
  const asked: string[] = []
  host.onOpenExec(async (_container, command) => {
    asked.push(command.at(-1) ?? '')
    const socket = connect(Number(new URL(controller.url).port), '127.0.0.1')
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    socket.unshift('+')
    return socket
  })
  const account = { user: controller.user, token: new Secret(controller.token) }
  return { host, asked, account }
}

it('finds a controller where it usually is', async () => {
  const { host, asked, account } = await stage()
  const sight = await probeIn({ host, container: 'jenkins', account }).look()
  expect(sight).toMatchObject({ state: 'up', version: '2.498' })
  expect(new Set(asked)).toEqual(new Set(['8080']))
})

it('finds it where its own options let it listen', async () => {
  const options = { JENKINS_OPTS: '--httpPort=9090 --prefix=/jenkins', contextPath: '/jenkins' }
  const { host, asked, account } = await stage(options)
  const reach = { host, container: 'jenkins', account }
  expect(await probeIn(reach).look()).toMatchObject({ state: 'up' })
  await jenkinsIn(reach)?.quietDown('an upgrade')
  expect((await jenkinsIn(reach)?.root())?.quietingDown).toBe(true)
  expect(new Set(asked)).toEqual(new Set(['9090']))
})

it('is no promise, whoever waits for it', async () => {
  const { host, account } = await stage()
  const jenkins = jenkinsIn({ host, container: 'jenkins', account })
  expect(await jenkins).toBe(jenkins)
})

it('talks to nobody without an account, and says when there is no container', async () => {
  const { host, account } = await stage()
  expect(jenkinsIn({ host, container: 'jenkins', account: undefined })).toBeUndefined()
  await expect(jenkinsIn({ host, container: 'none', account })?.root()).rejects.toMatchObject({
    failure: 'not-found',
  })
  expect(await probeIn({ host, container: 'none', account }).look()).toMatchObject({ state: 'dead' })
})

it('tries again after an engine that did not know the container', async () => {
  const { host, account } = await stage()
  await host.rename('jenkins', 'away')
  const jenkins = jenkinsIn({ host, container: 'jenkins', account })
  await expect(jenkins?.root()).rejects.toMatchObject({ failure: 'not-found' })
  await host.rename('away', 'jenkins')
  expect(await jenkins?.root()).toMatchObject({ version: '2.498' })
})
