import { expect, onTestFinished, test } from 'vitest'
import { type PracticeOptions, startPracticeController } from '../../../jenkins/practice/controller.ts'
import { commandBench } from '../../support/agent-commands.ts'

/** A practice controller, and a machine that has no container engine. */
async function benchWithController(options: PracticeOptions = {}, settings: NodeJS.ProcessEnv = {}) {
  const controller = await startPracticeController(options)
  onTestFinished(() => controller.stop())
  const bench = await commandBench({
    FOOTMAN_CONTROLLER_URL: controller.url,
    FOOTMAN_CONTROLLER_USER: controller.user,
    FOOTMAN_CONTROLLER_AGENT_URL: 'http://practice.test/',
    FOOTMAN_MACHINE_NAME: 'laptop',
    TOKEN: controller.token,
    DOCKER_HOST: 'unix:///nowhere/docker.sock',
    ...settings,
  })
  return { controller, bench }
}

test('everything on a controller passes; a machine without an engine exits 3 with the cure', async () => {
  const { controller, bench } = await benchWithController()
  const { exitCode, stdout } = await bench.run('agent', 'preflight')
  expect(exitCode).toBe(3)
  for (const name of [
    'controller',
    'account',
    'create nodes',
    'label nodes',
    'WebSocket',
    'TCP',
    'delete nodes',
  ]) {
    expect(stdout).toMatch(new RegExp(`^ok +${name} `, 'm'))
  }
  expect(stdout).toMatch(/^FAIL {2}engine .*\n +cure: /m)
  expect(stdout).toMatch(/cannot lend yet: 1 check fails/)
  expect(stdout).not.toContain(controller.token)
  expect(controller.state.computers.size).toBe(0)
})

test('--json is one document with every outcome', async () => {
  const { bench } = await benchWithController()
  const { stdout } = await bench.run('agent', 'preflight', '--json')
  const result = JSON.parse(stdout)
  expect(result).toMatchObject({ passed: false, transport: 'websocket' })
  expect(result.outcomes[0]).toMatchObject({ name: 'controller', result: 'ok' })
})

test('a wrong token is told as such', async () => {
  const { bench } = await benchWithController({}, { TOKEN: '11'.repeat(17) })
  const { exitCode, stdout } = await bench.run('agent', 'preflight')
  expect(exitCode).toBe(3)
  expect(stdout).toMatch(/^FAIL {2}account +.*\n +cure: .*token/m)
})

test('a wrong URL is told as such', async () => {
  const { controller, bench } = await benchWithController()
  await controller.stop()
  const { exitCode, stdout } = await bench.run('agent', 'preflight')
  expect(exitCode).toBe(3)
  expect(stdout).toMatch(/^FAIL {2}controller +.*nothing listens.*\n +cure: .*controller\.url/m)
})

test('a controller too old is told as such', async () => {
  const { bench } = await benchWithController({ version: '2.150.1' })
  expect((await bench.run('agent', 'preflight')).stdout).toMatch(
    /^FAIL {2}version +Jenkins 2\.150\.1 is too old\n +cure: update/m,
  )
})
