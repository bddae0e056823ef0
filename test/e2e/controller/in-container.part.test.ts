import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { shippedFile } from '../../../core/package.ts'
import { runOrThrow } from '../../../core/process.ts'
import {
  practiceControllerBase,
  practiceControllerImage,
} from '../../../jenkins/practice/controller-image/image.ts'
import { useDockerHost } from '../../support/docker-host.ts'
import { freePort } from '../../support/free-port.ts'

const engine = useDockerHost()
const root = shippedFile('.')
const socket = '/var/run/docker.sock'

/** The second stage of Dockerfile.footman, on this machine's Node.js, with what the first stage would have made. */
async function footmanImage(): Promise<string> {
  const { host, labels, name } = engine
  const folder = await mkdtemp(join(tmpdir(), 'footman-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const base = await practiceControllerBase(host)
  const template = await readFile(shippedFile('templates/controller/Dockerfile.footman'), 'utf8')
  const [, , stage = ''] = template.split(/^FROM .*$/m)
  // What node's own image has.
  const account = `USER root
RUN sed -i 's/^jenkins:/node:/' /etc/passwd /etc/group && mkdir -p /usr/bin && ln -sf "$(command -v env)" /usr/bin/env`
  const text = `FROM ${base}\n${account}\n${stage.replaceAll('--from=build /footman/', '')}`
  await writeFile(join(folder, 'Dockerfile'), text)
  const { stdout } = await runOrThrow(['npm', 'ls', '--omit=dev', '--all', '--parseable'], {
    timeoutMs: 60_000,
    cwd: root,
  })
  // Packages within packages come along with those around them.
  const packages = stdout
    .trim()
    .split('\n')
    .map((path) => relative(root, path))
    .filter((path) => path.split('node_modules').length === 2)
  const beside = [
    'package.json',
    'dist',
    'templates',
    'agent/agent.example.yaml',
    'jenkins/jenkins.example.yaml',
  ]
  const reference = `localhost/${name()}:footman`
  const tar = spawn('tar', ['-cf', '-', '-C', folder, 'Dockerfile', '-C', root, ...beside, ...packages], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await host.build(tar.stdout, { reference, labels })
  return reference
}

test('footman looks after a controller from within a container of its own', async () => {
  const { host, labels } = engine
  const controller = engine.name()
  const reference = `localhost/${controller}:lts`
  const home = `${controller}-home`
  const state = `${controller}-state`
  await practiceControllerImage(host, { reference, labels, version: '2.498' })
  const config = await mkdtemp(join(tmpdir(), 'footman-test-'))
  onTestFinished(async () => {
    for (const { id } of await host.list({ 'footman.controller': controller }))
      await host.remove(id, { volumes: true })
    for (const volume of [home, state, `${controller}_backups`]) await host.removeVolume(volume)
    for (const { references } of await host.listImages({ 'footman.practice': 'controller' })) {
      for (const one of references.filter((tag) => tag.startsWith(`localhost/${controller}:`)))
        await host.removeImage(one)
    }
    await rm(config, { recursive: true, force: true })
  })
  const settings = {
    name: controller,
    image: reference,
    home,
    ports: { http: await freePort(), agents: await freePort(), bind: '127.0.0.1' },
    upgrade: { stopGrace: '10s', gate: { deadline: '40s', looks: 2, interval: '200ms', soak: '200ms' } },
  }
  await mkdir(join(config, 'footman'))
  await writeFile(join(config, 'footman', 'jenkins.yaml'), JSON.stringify(settings), { mode: 0o644 })
  const image = await footmanImage()
  const { gid } = await stat(socket)

  /** Runs a verb as the comment in the Dockerfile says. */
  async function footman(...verb: string[]): Promise<{ code: number; said: string }> {
    const id = await host.create(engine.name(), {
      Image: image,
      Cmd: ['jenkins', ...verb],
      Labels: labels,
      HostConfig: {
        GroupAdd: [String(gid)],
        Binds: [`${socket}:${socket}`, `${state}:/var/lib/footman`, `${config}/footman:/etc/footman:ro`],
      },
    })
    await host.start(id)
    const code = await host.wait(id)
    const said = await host.logs(id, 100)
    await host.remove(id)
    return { code, said }
  }

  expect(await footman('up')).toMatchObject({ code: 0, said: expect.stringContaining('is up: Jenkins') })
  expect(await footman('schedule', '--once', '--quiet')).toEqual({ code: 0, said: '' })
  const after = await footman('status', '--json')
  expect(JSON.parse(after.said)).toMatchObject({
    controller,
    container: 'running',
    news: { verdict: 'up-to-date' },
  })
  expect(after.code).toBe(0)
})
