import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { agentJar } from '../../../jenkins/practice/agent-jar.ts'
import { practiceImage } from '../../../jenkins/practice/image.ts'
import { useDocker } from '../../support/docker.ts'
import { tempDir } from '../../support/temp-dir.ts'

const exec = promisify(execFile)
const docker = useDocker()
const image = `footman-test-practice:${process.pid}`

beforeAll(async () => {
  await practiceImage(docker.engine, image)
})
afterAll(async () => {
  await docker.engine.removeImage(image)
})

async function inContainer(words: string[]): Promise<string> {
  const jar = join(await tempDir(), 'agent.jar')
  await writeFile(jar, await agentJar(), { mode: 0o644 })
  const hardening = ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--pids-limit', '64']
  const { stdout } = await exec('docker', [
    ...['run', '--rm', '--network', 'none', ...hardening, '-v', `${jar}:/agent/agent.jar:ro`],
    ...[image, ...words],
  ])
  return stdout
}

describe('the practice image', () => {
  it('runs agent.jar with its java, JVM options and all', async () => {
    const words = ['java', '-Xmx64m', '-Dhudson.x=y', '-jar', '/agent/agent.jar', '-version']
    expect(await inContainer(words)).toMatch(/^3283\.\S+\n$/)
  })

  it('has a shell and tools, a user jenkins with a home, and a /tmp', async () => {
    const script =
      'id -un; pwd; nproc >/dev/null; touch agent/x /tmp/x; ls agent | grep x; sleep 0; env true; cat /tmp/x'
    expect(await inContainer(['sh', '-xec', script])).toBe('jenkins\n/home/jenkins\nx\n')
  })

  it('has a java that refuses what is no jar', async () => {
    await expect(inContainer(['java', 'Main'])).rejects.toMatchObject({ code: 1 })
  })

  it('ends an agent that is pid 1 with 143 when its container is stopped', async () => {
    const { engine } = docker
    const jar = { name: 'agent.jar', content: await agentJar(), mode: 0o444, uid: 0, gid: 0 }
    const id = await engine.create({
      ...docker.spec(''),
      image,
      init: false,
      memoryBytes: 256 * 2 ** 20,
      entrypoint: ['java'],
      command: [
        ...['-jar', '/home/jenkins/agent.jar', '-url', 'http://127.0.0.1:9/', '-name', 'n', '-secret', 's'],
        ...['-webSocket', '-workDir', '/home/jenkins/agent'],
      ],
    })
    onTestFinished(() => engine.remove(id))
    await engine.putFiles(id, '/home/jenkins', [jar])
    await engine.start(id)
    await vi.waitFor(async () => expect(await engine.logs(id, 50)).toContain('Failed to connect'), 20_000)
    await engine.stop(id, 10)
    expect(await engine.inspect(id)).toMatchObject({ status: 'exited', exitCode: 143 })
  })
})
