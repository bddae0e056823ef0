import { chmod, chown, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { jenkinsCommands } from '../../../jenkins/commands/registry.ts'
import { practiceControllerImage } from '../../../jenkins/practice/controller-image/image.ts'
import { useDockerHost } from '../../support/docker-host.ts'
import { freePort } from '../../support/free-port.ts'
import { programOf, runCli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'

const footman = { ...programOf({}), commands: jenkinsCommands }
const engine = useDockerHost()

/** A controller's name, a folder for its settings, and `footman jenkins …` with them. */
async function stage(settings: { home: string; memory?: string; timeZone?: string }) {
  const { host, labels } = engine
  const name = engine.name()
  const reference = `localhost/${name}:lts`
  await practiceControllerImage(host, { reference, labels })
  const folder = await tempDir()
  const [http, agents] = [await freePort(), await freePort()]
  const all = { name, image: reference, ports: { http, agents, bind: '127.0.0.1' }, ...settings }
  const file = join(folder, 'jenkins.yaml')
  await writeFile(file, JSON.stringify(all))
  onTestFinished(async () => {
    await host.remove(name, { volumes: true })
    if (!settings.home.startsWith('/')) await host.removeVolume(settings.home)
  })
  const env = { PATH: process.env.PATH, XDG_STATE_HOME: join(folder, 'state') }
  const jenkins = async (...argv: string[]) =>
    await runCli(footman, ['--config', file, 'jenkins', ...argv], { env, cwd: folder })
  return { host, name, folder, http, jenkins }
}

describe('up', () => {
  test('starts a new controller, whose first password lies where it says', async () => {
    const home = engine.name()
    const { host, http, jenkins, name } = await stage({ home, memory: '512M', timeZone: 'Europe/Berlin' })
    const up = await jenkins('up')
    expect(up).toMatchObject({ exitCode: 0 })
    expect(up.stdout).toContain('It waits for its first login.')
    const [, file = ''] = /^ {2}docker exec \S+ cat (\S+)$/m.exec(up.stdout) ?? []
    const password = (await host.exec(name, { command: ['cat', file] })).stdout.trim()
    expect(password).toMatch(/^[0-9a-f]{32}$/)
    expect(up.stdout + up.stderr).not.toContain(password)
    expect((await fetch(`http://127.0.0.1:${http}/login`)).status).toBe(200)
    expect(await host.inspect(name)).toMatchObject({
      HostConfig: { Memory: 512 * 2 ** 20, RestartPolicy: { Name: 'unless-stopped' } },
      Config: { Env: expect.arrayContaining(['TZ=Europe/Berlin']) },
    })
    const again = await jenkins('up')
    expect(again).toMatchObject({ exitCode: 0 })
    expect(again.stdout).toContain('is up, as it was')
  })

  test('makes a folder for the home that Jenkins can write to', async () => {
    const home = join(await tempDir(), 'new', 'home')
    const { jenkins, host, name } = await stage({ home })
    expect(await jenkins('up')).toMatchObject({ exitCode: 0 })
    expect(await stat(home)).toMatchObject({ uid: 1000, gid: 1000 })
    expect(await readdir(home)).toContain('config.xml')
    const all = await host.list({ 'footman.controller': name })
    expect(all.map((one) => one.name)).toEqual([name])
  })

  test('refuses a folder that belongs to somebody else, and leaves it alone', async () => {
    const home = join(await tempDir(), 'home')
    await mkdir(home)
    await writeFile(join(home, 'thesis.txt'), 'mine')
    await chmod(home, 0o755)
    await chown(home, 4711, 4711)
    const { jenkins, host, name } = await stage({ home })
    const up = await jenkins('up')
    expect(up.exitCode).toBe(1)
    expect(up.stderr).toContain(`Jenkins cannot write to ${home}`)
    expect(up.stderr).toContain(`hint: give it to the user of the image: sudo chown -R 1000:1000 ${home}`)
    expect(await stat(home)).toMatchObject({ uid: 4711 })
    expect(await readdir(home)).toEqual(['thesis.txt'])
    expect(await host.list({ 'footman.controller': name })).toEqual([])
  })
})
