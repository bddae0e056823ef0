import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import type { ContainerSpec, ContainerState } from '../../core/container-engine.ts'
import { connectDocker } from '../../core/docker.ts'
import { useDocker } from '../support/docker.ts'

const docker = useDocker()

/** Runs a container to its end; its state and everything it wrote. */
async function run(spec: ContainerSpec): Promise<{ id: string; state: ContainerState; output: string }> {
  const id = await docker.engine.create(spec)
  await docker.engine.start(id)
  const state = await ended(id)
  return { id, state, output: await docker.engine.logs(id, 200) }
}

async function ended(id: string): Promise<ContainerState> {
  for (;;) {
    const state = await docker.engine.inspect(id)
    if (!state) throw new Error(`container ${id} is gone`)
    if (state.status === 'exited') return state
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('limits', () => {
  test('are what the engine reports on inspect', async () => {
    const id = await docker.engine.create(
      docker.spec('true', { nanoCpus: 1_500_000_000, memoryBytes: 192 * 2 ** 20 }),
    )
    expect(await docker.engine.inspect(id)).toMatchObject({
      status: 'created',
      nanoCpus: 1_500_000_000,
      memoryBytes: 192 * 2 ** 20,
      startedAtMs: undefined,
      exitCode: undefined,
    })
  })

  test('are in force in the control group of the container', async () => {
    // cgroup v2 first, then the files of v1
    const { output } = await run(
      docker.spec(`cd /sys/fs/cgroup
        cat cpu.max 2>/dev/null || cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us
        cat memory.max 2>/dev/null || cat memory/memory.limit_in_bytes
        cat memory.swap.max 2>/dev/null || cat memory/memory.memsw.limit_in_bytes
        cat pids.max 2>/dev/null || cat pids/pids.max`),
    )
    const [quota, period, memory, swap, pids] = output.trim().split(/\s+/)
    expect(Number(quota) / Number(period)).toBe(0.5)
    expect(memory).toBe(String(64 * 2 ** 20))
    expect(['0', memory]).toContain(swap) // v2 counts swap alone, v1 memory and swap together
    expect(pids).toBe('64')
  })

  test('end a container that wants more memory, and the engine says so', async () => {
    const { state } = await run(
      docker.spec('', { entrypoint: ['tail', '/dev/zero'], command: [], memoryBytes: 16 * 2 ** 20 }),
    )
    expect(state).toMatchObject({ exitCode: 137, oomKilled: true })
  })

  test('keep a container from starting more processes than allowed', async () => {
    const { output } = await run(docker.spec('for i in $(seq 30); do sleep 1 & done; wait', { pidsLimit: 8 }))
    expect(output).toMatch(/can't fork/)
  })
})

describe('hardening', () => {
  test('leaves no new privileges and no capabilities to the processes', async () => {
    const { output } = await run(docker.spec('cat /proc/self/status', { user: 'root' }))
    expect(output).toMatch(/^NoNewPrivs:\s+1$/m)
    for (const set of ['CapEff', 'CapPrm', 'CapBnd'])
      expect(output).toMatch(new RegExp(`^${set}:\\s+0+$`, 'm'))
  })

  test('gives back the capabilities that are asked for, and no other', async () => {
    const { output } = await run(docker.spec('cat /proc/self/status', { user: 'root', capAdd: ['CHOWN'] }))
    expect(output).toMatch(/^CapEff:\s+0+1$/m)
  })

  test('puts an init in front that reaps zombies', async () => {
    const { output } = await run(docker.spec('cat /proc/1/cmdline'))
    expect(output).toMatch(/init/)
  })

  test('keeps logs from filling the disk and the engine from restarting on its own', async () => {
    const id = await docker.engine.create(docker.spec('true'))
    const [inspected] = JSON.parse(await docker.inspectText(id))
    expect(inspected.HostConfig).toMatchObject({
      Privileged: false,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '2' } },
      SecurityOpt: ['no-new-privileges'],
    })
  })
})

describe('files', () => {
  test('are put with their mode and owner before the container starts', async () => {
    const id = await docker.engine.create(docker.spec('ls -ln /box /box/folder; cat /box/secret'))
    await docker.engine.putFiles(id, '/', [
      { name: 'box', kind: 'directory', content: Buffer.alloc(0), mode: 0o500, uid: 1000, gid: 1000 },
      { name: 'box/secret', content: Buffer.from('hush'), mode: 0o400, uid: 1000, gid: 1000 },
      { name: 'box/folder', kind: 'link', content: Buffer.from('/tmp'), mode: 0o777, uid: 0, gid: 0 },
    ])
    await docker.engine.start(id)
    await ended(id)
    const output = await docker.engine.logs(id, 20)
    expect(output).toMatch(/^-r--------\s+1 1000\s+1000\s+4 .* secret$/m)
    expect(output).toMatch(/folder -> \/tmp/)
    expect(output).toMatch(/hush$/)
  })

  test('are read from a container that never ran, also through links', async () => {
    const id = await docker.engine.create(docker.spec('true'))
    const content = Buffer.from([0, 1, 2, 255])
    await docker.engine.putFiles(id, '/tmp', [
      { name: 'real', content, mode: 0o644, uid: 0, gid: 0 },
      { name: 'link', kind: 'link', content: Buffer.from('real'), mode: 0o777, uid: 0, gid: 0 },
    ])
    expect(await docker.engine.readFile(id, '/tmp/link')).toEqual(content)
    expect(await docker.engine.readFile(id, '/tmp/none')).toBeUndefined()
    expect(await docker.engine.readFile(id, '/tmp')).toBeUndefined()
  })

  test('on the host can be mounted read-only', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'footman-docker-'))
    try {
      writeFileSync(join(folder, 'agent.jar'), 'PK')
      const source = join(folder, 'agent.jar')
      const { output } = await run(
        docker.spec('cat /box/agent.jar; touch /box/agent.jar', {
          user: 'root',
          mounts: [{ kind: 'bind', source, target: '/box/agent.jar', readOnly: true }],
        }),
      )
      expect(output).toMatch(/^PK$/m)
      expect(output).toMatch(/Read-only file system/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('a life', () => {
  test('is told in the states of the engine, with the labels that find it again', async () => {
    const { engine, label } = docker
    const labels = { ...label, purpose: 'life' }
    const name = `footman-test-life-${process.pid}`
    const id = await engine.create(docker.spec('exec sleep 60', { labels, name }))
    expect(await engine.list(labels)).toMatchObject([
      { id, name, image: docker.image, labels, status: 'created', exitCode: undefined },
    ])
    await engine.start(id)
    await engine.start(id) // twice is fine
    const running = await engine.inspect(id)
    expect(running).toMatchObject({ status: 'running', exitCode: undefined, oomKilled: false })
    expect(Math.abs((running?.startedAtMs ?? 0) - Date.now())).toBeLessThan(60_000)
    await engine.stop(id, 1)
    await engine.stop(id, 1)
    expect(await engine.list(labels)).toMatchObject([{ status: 'exited', exitCode: 143 }])
    await engine.remove(id)
    await engine.remove(id)
    await engine.stop(id, 1)
    expect(await engine.inspect(id)).toBeUndefined()
    expect(await engine.list(labels)).toEqual([])
  })

  test('ends with SIGKILL when SIGTERM is ignored longer than the grace', async () => {
    const id = await docker.engine.create(docker.spec(`trap '' TERM; while true; do sleep 0.1; done`))
    await docker.engine.start(id)
    await docker.engine.stop(id, 1)
    expect(await docker.engine.inspect(id)).toMatchObject({ status: 'exited', exitCode: 137 })
  })

  test('leaves no anonymous volume behind', async () => {
    const id = await docker.engine.create(docker.spec('exec sleep 60'))
    await docker.engine.start(id)
    const [inspected] = JSON.parse(await docker.inspectText(id))
    const [{ Name: volume }] = inspected.Mounts
    expect(await volumeNames()).toContain(volume)
    await Promise.all([docker.engine.remove(id), docker.engine.remove(id)]) // two at once do not quarrel
    expect(await volumeNames()).not.toContain(volume)
  })

  test('keeps a named volume until it is removed by name', async () => {
    const name = `footman-test-volume-${process.pid}`
    const mounts = [{ kind: 'volume', name, target: '/kept', readOnly: false } as const]
    const { id } = await run(docker.spec('true', { mounts }))
    await docker.engine.remove(id)
    expect(await volumeNames()).toContain(name)
    await docker.engine.removeVolume(name)
    await docker.engine.removeVolume(name)
    expect(await volumeNames()).not.toContain(name)
  })

  test('gives the tail of its log, of both streams, without the frames of the protocol', async () => {
    const { id } = await run(
      docker.spec('for i in $(seq 9); do echo "line $i"; done; echo "tür zu" >&2; exit 3'),
    )
    // The engine copies the two streams independently, so the last line of one may come before those of the other.
    expect((await docker.engine.logs(id, 10)).split('\n').sort().slice(-3)).toEqual([
      'line 8',
      'line 9',
      'tür zu',
    ])
    expect((await docker.engine.logs(id, 2)).trimEnd().split('\n')).toHaveLength(2)
    expect(await docker.engine.inspect(id)).toMatchObject({ exitCode: 3, oomKilled: false })
  })
})

describe('the engine refuses', () => {
  test('a name that is taken as a conflict', async () => {
    const name = `footman-test-taken-${process.pid}`
    await docker.engine.create(docker.spec('true', { name }))
    await expect(docker.engine.create(docker.spec('true', { name }))).rejects.toMatchObject({
      failure: 'conflict',
      status: 409,
      message: expect.stringContaining(name),
    })
  })

  test('an image that is not here, and the cure is to pull it', async () => {
    const image = 'footman-test-nowhere:1'
    await expect(docker.engine.create(docker.spec('true', { image }))).rejects.toMatchObject({
      code: 'user',
      message: expect.stringMatching(/No such image: footman-test-nowhere:1/),
      hint: expect.stringMatching(/pull/),
    })
    expect(await docker.engine.image(image)).toBeUndefined()
  })

  test('a program that the image lacks', async () => {
    const id = await docker.engine.create(
      docker.spec('', { entrypoint: ['no-java'], command: [], init: false }),
    )
    await expect(docker.engine.start(id)).rejects.toMatchObject({
      code: 'user',
      message: expect.stringMatching(/"no-java": executable file not found/),
      hint: expect.stringMatching(/image lacks this program/),
    })
  })

  test('a folder that the engine cannot see', async () => {
    const mounts = [{ kind: 'bind', source: '/nowhere/at/all', target: '/x', readOnly: true } as const]
    await expect(docker.engine.create(docker.spec('true', { mounts }))).rejects.toMatchObject({
      code: 'user',
      hint: expect.stringMatching(/does not see this folder/),
    })
  })

  test('a network that does not exist', async () => {
    const id = await docker.engine.create(docker.spec('true', { network: 'footman-test-nowhere' }))
    await expect(docker.engine.start(id)).rejects.toMatchObject({
      code: 'user',
      hint: expect.stringMatching(/docker network create/),
    })
  })

  test('more CPUs than it has', async () => {
    const spec = docker.spec('true', { nanoCpus: 4096 * 1e9 })
    await expect(docker.engine.create(spec)).rejects.toMatchObject({
      code: 'user',
      hint: expect.stringMatching(/lend fewer/),
    })
  })

  test('a pull from a registry that is away, in words about the registry', async () => {
    const told: string[] = []
    const pull = docker.engine.pull('127.0.0.1:9/nobody/home:1', (line) => told.push(line))
    await expect(pull).rejects.toMatchObject({
      failure: 'unreachable',
      message: expect.stringMatching(/^cannot pull the image 127.0.0.1:9\/nobody\/home:1: /),
      hint: expect.stringMatching(/registry/),
    })
  })
})

describe('the engine itself', () => {
  test('tells what it is and what it enforces', async () => {
    expect(await docker.engine.info()).toMatchObject({
      name: expect.stringMatching(/Docker/),
      apiVersion: expect.stringMatching(/^1\.\d+$/),
      os: 'linux',
      cpus: expect.any(Number),
      enforces: { cpu: true, memory: true, pids: true },
      dataRoot: expect.stringMatching(/^\//),
    })
  })

  test('tells of an image whose user it is', async () => {
    expect(await docker.engine.image(docker.image)).toMatchObject({
      id: expect.stringMatching(/^sha256:/),
      user: 'jenkins',
      os: 'linux',
      sizeBytes: expect.any(Number),
    })
  })

  test('stops working for a caller who gave up', async () => {
    const id = await docker.engine.create(docker.spec(`trap '' TERM; while true; do sleep 0.1; done`))
    await docker.engine.start(id)
    const abort = new AbortController()
    const stopping = docker.engine.stop(id, 30, abort.signal)
    setTimeout(() => abort.abort(new Error('enough')), 100)
    await expect(stopping).rejects.toThrow('enough')
  })

  test('is found through DOCKER_HOST even when nothing else is set', async () => {
    const engine = await connectDocker({ env: { DOCKER_HOST: 'unix:///var/run/docker.sock' } })
    expect((await engine.info()).os).toBe('linux')
  })
})

async function volumeNames(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('docker', ['volume', 'ls', '--quiet'])
  return stdout.split('\n')
}

afterAll(async () => {
  await docker.engine.removeVolume(`footman-test-volume-${process.pid}`)
})
