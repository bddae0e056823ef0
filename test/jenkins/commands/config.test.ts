import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { exitCodes } from '../../../core/errors.ts'
import { shippedFile } from '../../../core/package.ts'
import { jenkinsCommands } from '../../../jenkins/commands/registry.ts'
import { programOf, runCli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'

const footman = { ...programOf({}), commands: jenkinsCommands }
const yaml = 'name: ci\naccount: { user: ann, token: env:TOKEN_OF_ANN }\nupgrade:\n  stopGrace: 3m\n'

async function home(text?: string) {
  const dir = await tempDir()
  const file = join(dir, 'footman', 'jenkins.yaml')
  if (text !== undefined) {
    await mkdir(join(dir, 'footman'))
    await writeFile(file, text)
  }
  return { env: { XDG_CONFIG_HOME: dir }, file }
}

it('prints the settings in force with where each comes from', async () => {
  const { env, file } = await home(yaml)
  const run = await runCli(footman, ['jenkins', 'config'], {
    env: { ...env, FOOTMAN_JENKINS_BACKUPS_KEEP: '2' },
  })
  expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: exitCodes.ok, stderr: '' })
  expect(run.stdout).toMatch(new RegExp(`upgrade.stopGrace +3m +file ${file}:4\n`))
  expect(run.stdout).toMatch(/backups.keep +2 +variable FOOTMAN_JENKINS_BACKUPS_KEEP\n/)
  expect(run.stdout).toMatch(/image +jenkins\/jenkins:lts-jdk21 +default\n/)
})

it('works without a file, and prints JSON', async () => {
  const { env } = await home()
  const { stdout, exitCode } = await runCli(footman, ['jenkins', 'config', '--json'], { env })
  expect(exitCode).toBe(exitCodes.ok)
  const result = JSON.parse(stdout)
  expect(result.file).toBeNull()
  expect(result.findings.map(({ path }: { path: string }) => path)).toEqual(['account'])
  expect(result.settings).toContainEqual({ path: 'home', value: 'jenkins_home', source: 'default' })
})

it('never shows a secret, neither one referred to nor one that was put in the wrong place', async () => {
  const { env } = await home(yaml)
  const secret = '11ff22ee33dd'
  const referred = await runCli(footman, ['jenkins', 'config'], { env: { ...env, TOKEN_OF_ANN: secret } })
  expect(referred.stdout).toContain('env:TOKEN_OF_ANN')
  const hook = `notify: { webhooks: [{ url: 'https://x/', headers: { Authorization: ${secret} } }] }`
  for (const text of [yaml.replace('env:TOKEN_OF_ANN', secret), hook]) {
    const misplaced = await home(text)
    for (const argv of [[], ['--json'], ['--verbose']]) {
      const run = await runCli(footman, ['jenkins', 'config', ...argv], misplaced)
      expect(run.exitCode).toBe(exitCodes.usage)
      expect(referred.stdout + referred.stderr + run.stdout + run.stderr).not.toContain(secret)
    }
  }
})

it('says what does not go together, and exits 2', async () => {
  const { env } = await home(`${yaml}schedule: { cron: 0 25 * * * }\n`)
  const { exitCode, stdout, stderr } = await runCli(footman, ['jenkins', 'config'], { env })
  expect(exitCode).toBe(exitCodes.usage)
  expect(stdout).toContain('schedule.cron')
  expect(stderr).toContain('error: schedule.cron: 25 is nothing that the field hour can be')
})

it('warns of a variable that names no setting', async () => {
  const { env } = await home(yaml)
  const { stderr } = await runCli(footman, ['jenkins', 'config'], {
    env: { ...env, FOOTMAN_JENKINS_IMAGES: 'x' },
  })
  expect(stderr).toBe(
    'warning: the variable FOOTMAN_JENKINS_IMAGES names no setting; did you mean FOOTMAN_JENKINS_IMAGE?\n',
  )
})

it('prints the example, byte for byte', async () => {
  const { stdout, exitCode } = await runCli(footman, ['jenkins', 'config', '--example'])
  expect(exitCode).toBe(exitCodes.ok)
  expect(stdout).toBe(await readFile(shippedFile('jenkins/jenkins.example.yaml'), 'utf8'))
})
