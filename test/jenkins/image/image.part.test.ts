import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { packFiles } from '../../../core/docker/archive.ts'
import { jenkinsCommands } from '../../../jenkins/commands/registry.ts'
import { practiceControllerImage } from '../../../jenkins/practice/controller-image/image.ts'
import { useDockerHost } from '../../support/docker-host.ts'
import { programOf, runCli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'

const footman = { ...programOf({}), commands: jenkinsCommands }
const engine = useDockerHost()

/** Stands in for the program of the official image: notes what it was asked to fetch. */
const pluginCli = `#!/bin/sh
[ "$1" = --plugin-file ] || exit 1
mkdir -p /usr/share/jenkins/ref/plugins
for plugin in $(sed 's/#.*//' "$2"); do : >"/usr/share/jenkins/ref/plugins/$plugin.jpi"; done
`

async function base(): Promise<string> {
  const { host, labels } = engine
  const practice = await practiceControllerImage(host, { reference: `localhost/${engine.name()}:1`, labels })
  const reference = `localhost/${engine.name()}:base`
  const dockerfile = `FROM ${practice}
USER root
COPY jenkins-plugin-cli /usr/local/bin/jenkins-plugin-cli
RUN mkdir -p /usr/share/jenkins/ref && chown -R 1000:1000 /usr/share/jenkins && chmod 755 /usr/local/bin/jenkins-plugin-cli
USER jenkins
`
  const files = { Dockerfile: dockerfile, 'jenkins-plugin-cli': pluginCli }
  const owned = { mode: 0o755, uid: 0, gid: 0 }
  const archive = await packFiles(
    Object.entries(files).map(([name, text]) => ({ name, content: Buffer.from(text), ...owned })),
  )
  await host.build(Readable.from([archive]), { reference, labels })
  return reference
}

test('the image has its plugins and its configuration, and asks the login page whether it is healthy', async () => {
  const { host } = engine
  const folder = await tempDir()
  const reference = `localhost/${engine.name()}:latest`
  const plugins = ['git:5.8.0', 'configuration-as-code:2006.v001a_2ca_6b_574']
  const build = { base: await base(), plugins, casc: 'casc.yaml', reference }
  await writeFile(join(folder, 'jenkins.yaml'), JSON.stringify({ image: reference, build }))
  await writeFile(join(folder, 'casc.yaml'), 'jenkins:\n  systemMessage: hello\n')
  const argv = ['--config', join(folder, 'jenkins.yaml'), 'jenkins', 'image', '--build']
  const run = await runCli(footman, argv, { env: { PATH: process.env.PATH }, cwd: folder })
  expect(run).toMatchObject({ exitCode: 0, stdout: `${reference}\n` })

  const image = await host.inspectImage(reference)
  expect(image?.Config).toMatchObject({
    User: 'jenkins',
    Env: expect.arrayContaining(['CASC_JENKINS_CONFIG=/usr/share/jenkins/casc']),
    Healthcheck: { Test: ['CMD-SHELL', expect.stringContaining('/login')] },
  })
  const body = { Image: reference, Entrypoint: ['sleep', '1000'], Labels: engine.labels }
  const id = await host.create(engine.name(), body)
  await host.start(id)
  const inside = async (script: string) => (await host.exec(id, { command: ['sh', '-c', script] })).stdout
  expect((await inside('ls /usr/share/jenkins/ref/plugins')).trim().split('\n')).toEqual(
    plugins.map((plugin) => `${plugin}.jpi`).toSorted(),
  )
  expect(await inside('cat /usr/share/jenkins/casc/jenkins.yaml')).toContain('systemMessage: hello')
  expect(await inside('cat /usr/share/jenkins/ref/jenkins.install.UpgradeWizard.state')).toBe('2.0\n')
  await host.remove(id, { volumes: true })
  await host.removeImage(reference)
})
