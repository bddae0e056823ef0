import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commandBench } from '../../support/agent-commands.ts'

async function benchWithFile(token: string | undefined) {
  const bench = await commandBench()
  if (token === undefined) return bench
  const folder = join(bench.dir, '.config', 'footman')
  await mkdir(folder, { recursive: true })
  const yaml = `controller:\n  url: http://file.test/\n  user: ann\n  token: ${token}\n`
  await writeFile(join(folder, 'agent.yaml'), yaml)
  return bench
}

test('--dry-run shows the unit and changes nothing', async () => {
  const bench = await benchWithFile('file:~/.config/footman/token')
  const { exitCode, stdout, stderr } = await bench.run('agent', 'install', '--dry-run')
  expect(exitCode).toBe(0)
  expect(stdout).toContain(join(bench.dir, '.config/footman/agent.yaml'))
  expect(stdout).toContain('run systemctl --user daemon-reload')
  expect(stderr).toContain('the service does not see FOOTMAN_CONTROLLER_URL')
  expect(await readdir(join(bench.dir, '.config'))).toEqual(['footman'])
})

test('settings that live in variables alone are no basis for a service', async () => {
  const bench = await benchWithFile(undefined)
  const { exitCode, stderr } = await bench.run('agent', 'install', '--dry-run')
  expect(exitCode).toBe(2)
  expect(stderr).toContain('footman agent config --example')
})

test.each(['env:JENKINS_TOKEN', 'stdin', 'file:token'])(
  'a token given as %s cannot be read by a service',
  async (token) => {
    const bench = await benchWithFile(token)
    const { exitCode, stderr } = await bench.run('agent', 'install', '--dry-run')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('hint: keep the token in a file of your own')
  },
)

test('uninstalling what is not installed says so', async () => {
  const bench = await commandBench()
  expect(await bench.run('agent', 'uninstall')).toMatchObject({
    exitCode: 0,
    stderr: 'no service is installed\n',
  })
})
