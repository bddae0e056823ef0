import { readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run } from '../../../core/process.ts'
import { withEatMyData } from '../../../library/steps/with-eat-my-data.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { importImage } from '../support/image.ts'
import { callStep } from '../support/step-call.ts'

/** Writes a file and has it flushed, three times. */
const flushing = 'for n in 1 2 3; do dd if=/dev/zero of="file$n" bs=4k count=1 conv=fsync status=none; done'

/** How often a shell script, and whatever it starts, asks the kernel to flush. */
async function flushes(script: string, env: Readonly<Record<string, string>>, cwd: string): Promise<number> {
  const trace = join(await tempDir(), 'trace')
  const calls = 'trace=fsync,fdatasync,msync,sync,syncfs,sync_file_range'
  const words = ['strace', '-f', '-qq', '-e', calls, '-o', trace, 'bash', '-c', script]
  const { exitCode, stderr } = await run(words, { cwd, env, timeoutMs: 60_000 })
  if (exitCode !== 0) throw new Error(stderr)
  return (await readFile(trace, 'utf8')).split('\n').filter((line) => /\b(f|fdata|m)?sync\w*\(/.test(line))
    .length
}

/** The environment of a phase, and the script that runs it. */
async function traced(parameters: Readonly<Record<string, unknown>>, cwd: string): Promise<number> {
  const call = await callStep(withEatMyData, { parameters, cwd })
  return flushes(`CALL_PHASE=run bash ${call.folder}/step.sh`, call.environment, cwd)
}

describe('a command', () => {
  it('flushes nothing, where the same command flushes three times without', async () => {
    const cwd = await tempDir()
    expect(await flushes(flushing, { PATH: process.env.PATH ?? '' }, cwd)).toBe(3)
    expect(await traced({ command: flushing }, cwd)).toBe(0)
  })

  it('flushes once at the end when it is told to', async () => {
    expect(await traced({ command: flushing, flush: true }, await tempDir())).toBe(1)
  })

  it('keeps its exit code and its output, and returns how it went', async () => {
    const good = await callStep(withEatMyData, { parameters: { command: 'echo out; echo err >&2' } })
    const ended = await good.phase('run')
    expect(ended).toMatchObject({
      status: 0,
      results: { values: { preloaded: true, seconds: expect.any(Number) } },
    })
    expect(ended.log).toContain('out\nerr\n')
    expect(ended.results.report).toMatch(/^ran for \d+ s without waiting for the disk$/)
    const bad = await callStep(withEatMyData, { parameters: { command: 'exit 7' } })
    expect((await bad.phase('run')).status).toBe(7)
  })

  it('leaves no process when it is ended in the middle', async () => {
    const name = `eatmydata-${process.pid}`
    const call = await callStep(withEatMyData, {
      parameters: { command: `(exec -a ${name} sleep 60) & exec -a ${name} sleep 61` },
    })
    const running = call.start('run')
    const alive = async () => (await run(['pgrep', '-fc', `^${name} `], { timeoutMs: 5000 })).stdout.trim()
    await expect.poll(alive, { timeout: 10_000 }).toBe('2')
    running.process.kill('SIGTERM')
    expect((await running.ended).status).toBe(143)
    expect(await alive()).toBe('0')
  })
})

describe('without the library', () => {
  /** A PATH with everything that the step needs, but for eatmydata. */
  async function pathWithout(): Promise<string> {
    const dir = await tempDir()
    for (const name of ['bash', 'cat', 'date', 'dd', 'env', 'head', 'id', 'mkdir', 'rm', 'sleep', 'sync']) {
      await symlink(
        (await run(['bash', '-c', `type -P ${name}`], { timeoutMs: 5000 })).stdout.trim(),
        join(dir, name),
      )
    }
    return dir
  }

  it('fails loudly, and runs nothing', async () => {
    const cwd = await tempDir()
    const call = await callStep(withEatMyData, {
      parameters: { command: 'echo ran' },
      cwd,
      env: { PATH: await pathWithout() },
    })
    const { status, log } = await call.phase('run')
    expect(status).toBe(1)
    expect(log).toContain('withEatMyData: nothing can be preloaded: this machine has no eatmydata')
    expect(log).toContain('apt-get install eatmydata')
    expect(log).not.toContain('ran\n')
  })

  it('runs plainly where that is allowed, and says so', async () => {
    const call = await callStep(withEatMyData, {
      parameters: { command: 'echo ran', require: false },
      env: { PATH: await pathWithout() },
    })
    const { status, log, results } = await call.phase('run')
    expect(status).toBe(0)
    expect(log).toContain('runs plainly, every fsync included: this machine has no eatmydata')
    expect(log).toContain('ran\n')
    expect(results.values).toMatchObject({ preloaded: false })
  })

  it('is not taken in by a library that is none', async () => {
    const library = join(await tempDir(), 'libeatmydata.so')
    await writeFile(library, 'not a library\n')
    const call = await callStep(withEatMyData, { parameters: { command: 'echo ran', library } })
    const { status, log } = await call.phase('run')
    expect(status).toBe(1)
    expect(log).toContain(`${library} does not load. ERROR: ld.so: object '${library}'`)
  })

  it('installs it only as root', async () => {
    const cwd = await tempDir()
    const parameters = { command: 'echo ran', install: 'ifMissing' }
    const env = { PATH: await pathWithout() }
    await rm(join(env.PATH, 'id'))
    await writeFile(join(env.PATH, 'id'), '#!/bin/bash\n[ "$1" = -u ] && echo 1000 || echo ann\n', {
      mode: 0o755,
    })
    const call = await callStep(withEatMyData, { parameters, env, cwd })
    const { status, log } = await call.phase('run')
    expect(status).toBe(1)
    expect(log).toContain("install: 'ifMissing' needs root, and this is ann")
  })
})

describe('a body', () => {
  it('is spared the flushes of the named programs, and of no other', async () => {
    const cwd = await tempDir()
    const call = await callStep(withEatMyData, { parameters: { programs: ['dd'] }, cwd })
    expect((await call.phase('begin')).status).toBe(0)
    const env = await call.bodyEnvironment()
    expect(await flushes(flushing, env, cwd)).toBe(0)
    expect(await flushes('sync file1', env, cwd)).toBe(1)
    expect(await flushes('/bin/dd if=/dev/zero of=x bs=4k count=1 conv=fsync status=none', env, cwd)).toBe(1)
    expect((await call.phase('finish')).results.values).toMatchObject({ preloaded: true })
  })

  it('is spared all of them with scope: block', async () => {
    const cwd = await tempDir()
    const call = await callStep(withEatMyData, { parameters: { scope: 'block' }, cwd })
    expect((await call.phase('begin')).results.environment).toEqual([['LD_PRELOAD', 'libeatmydata.so']])
    expect(await flushes(`${flushing}; sync file1`, await call.bodyEnvironment(), cwd)).toBe(0)
  })

  it('has to say which programs, and only such as there are', async () => {
    const none = await callStep(withEatMyData, { parameters: {} })
    expect(await none.phase('begin')).toMatchObject({
      status: 1,
      log: expect.stringContaining('a body needs programs'),
    })
    const missing = await callStep(withEatMyData, { parameters: { programs: ['no-such-program'] } })
    expect(await missing.phase('begin')).toMatchObject({
      status: 1,
      log: expect.stringContaining('programs names no-such-program, which this machine does not have'),
    })
  })
})

describe('in a container', () => {
  const libraries = async () => {
    const { stdout } = await run(['bash', '-c', 'ls /usr/lib/*/libeatmydata.so*'], { timeoutMs: 5000 })
    return stdout.trim().split('\n')
  }
  const containers = async ({ id }: { id: string }) =>
    (await run(['docker', 'ps', '-aq', '--filter', `name=footman-${id}`], { timeoutMs: 30_000 })).stdout

  it('the library is loaded into what the command starts, in the workspace, as the user of the agent', async () => {
    const image = await importImage({
      programs: ['/bin/sh', '/bin/cat', '/bin/grep'],
      paths: await libraries(),
    })
    const cwd = await tempDir()
    const command =
      'grep -c libeatmydata.so /proc/self/maps >found; pwd >>found; echo "$PRELOAD$REQUIRE$STEP_IMAGE." >>found'
    const call = await callStep(withEatMyData, { parameters: { command, image }, cwd })
    const { status, log, results } = await call.phase('run')
    expect({ status, log }).toEqual({ status: 0, log: '' })
    const [count, folder, variables] = (await readFile(join(cwd, 'found'), 'utf8')).split('\n')
    expect(Number(count)).toBeGreaterThan(0)
    expect({ folder, variables }).toEqual({ folder: cwd, variables: '.' })
    expect(results.values).toMatchObject({ preloaded: true })
    expect(await containers(call)).toBe('')
  })

  it('an image without it is refused, or runs plainly where that is allowed', async () => {
    const image = await importImage()
    const strict = await callStep(withEatMyData, {
      parameters: { command: 'echo ran', image },
      cwd: await tempDir(),
    })
    expect(await strict.phase('run')).toMatchObject({
      status: 125,
      log: expect.stringContaining('nothing can be preloaded: the image cannot load libeatmydata.so'),
    })
    const lenient = await callStep(withEatMyData, {
      parameters: { command: 'echo ran', image, require: false },
      cwd: await tempDir(),
    })
    expect(await lenient.phase('run')).toMatchObject({
      status: 0,
      log: expect.stringContaining('ran\n'),
      results: { values: { preloaded: false } },
    })
  })

  it('nothing is left when the step is ended in the middle', async () => {
    const image = await importImage()
    const call = await callStep(withEatMyData, {
      parameters: { command: 'sleep 60', image, require: false },
      cwd: await tempDir(),
    })
    const running = call.start('run')
    await expect.poll(() => containers(call), { timeout: 30_000, interval: 200 }).not.toBe('')
    running.process.kill('SIGTERM')
    expect((await running.ended).status).toBe(143)
    expect(await containers(call)).toBe('')
    expect((await call.phase('end')).status).toBe(0)
  })
})
