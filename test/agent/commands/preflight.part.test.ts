import { expect, onTestFinished, test } from 'vitest'
import { startPracticeController } from '../../../jenkins/practice/controller.ts'
import { commandBench } from '../../support/agent-commands.ts'
import { useDocker } from '../../support/docker.ts'

const docker = useDocker()

async function benchWith(settings: NodeJS.ProcessEnv) {
  const controller = await startPracticeController()
  onTestFinished(() => controller.stop())
  return commandBench({
    FOOTMAN_CONTROLLER_URL: controller.url,
    FOOTMAN_CONTROLLER_USER: controller.user,
    FOOTMAN_CONTROLLER_AGENT_URL: 'http://practice.test/',
    FOOTMAN_POLICY_MIN_FREE_DISK: '1M',
    TOKEN: controller.token,
    ...(process.env.DOCKER_HOST && { DOCKER_HOST: process.env.DOCKER_HOST }),
    ...settings,
  })
}

test('a machine with a real engine and a real image passes', async () => {
  const bench = await benchWith({
    FOOTMAN_TEMPLATES: JSON.stringify([{ name: 'default', image: docker.image, size: '0.5CPU256M' }]),
    FOOTMAN_IMAGES_ALLOW: JSON.stringify([docker.image]),
  })
  const { exitCode, stdout } = await bench.run('agent', 'preflight')
  expect(stdout).toMatch(/^ok {4}engine +\S.* \(linux\/\w+\)$/m)
  expect(stdout).toMatch(new RegExp(`^ok {4}image ${docker.image} +here, `, 'm'))
  expect({ exitCode, failures: stdout.match(/^FAIL.*/gm) }).toEqual({ exitCode: 0, failures: null })
})

test('an image that is not here and cannot be fetched fails with the words of the engine', async () => {
  const image = '127.0.0.1:1/nowhere/agent:1'
  const bench = await benchWith({
    FOOTMAN_TEMPLATES: JSON.stringify([{ name: 'default', image }]),
    FOOTMAN_IMAGES_ALLOW: JSON.stringify([image]),
  })
  const { exitCode, stdout } = await bench.run('agent', 'preflight')
  expect(exitCode).toBe(3)
  expect(stdout).toMatch(/^FAIL {2}image 127\.0\.0\.1:1\/nowhere\/agent:1 +\S.*\n +cure: \S/m)
})
