import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { UserError } from '../../core/errors.ts'
import { run, runOrThrow } from '../../core/process.ts'
import { Secret } from '../../core/secret.ts'
import { tempDir } from '../support/temp-dir.ts'

const timeoutMs = 10_000
const sh = (script: string) => ['/bin/sh', '-c', script]

describe('run', () => {
  it('gives success and failure the same shape', async () => {
    const good = await run(sh('echo out; echo err >&2'), { timeoutMs })
    expect(good).toEqual({
      exitCode: 0,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
      truncated: false,
      timedOut: false,
      durationMs: expect.any(Number),
    })
    const bad = await run(sh('echo out; echo err >&2; exit 7'), { timeoutMs })
    expect(bad).toEqual({ ...good, exitCode: 7, durationMs: expect.any(Number) })
  })

  it('hands over words as they are: no shell looks at them', async () => {
    const words = ['$HOME', 'a b', '*', '', `'"\\`, '; exit 1']
    const { stdout } = await run(
      [process.execPath, '-p', 'JSON.stringify(process.argv.slice(1))', ...words],
      {
        timeoutMs,
      },
    )
    expect(JSON.parse(stdout)).toEqual(words)
  })

  it('runs in the given folder with exactly the given environment', async () => {
    const cwd = await tempDir()
    const { stdout } = await run(['/usr/bin/env'], { timeoutMs, cwd, env: { GREETING: 'hello' } })
    expect(stdout).toBe('GREETING=hello\n')
    expect((await run(sh('pwd -P'), { timeoutMs, cwd })).stdout).toContain(cwd)
  })

  it('feeds the input, text or bytes', async () => {
    expect((await run(['cat'], { timeoutMs, input: 'grüße' })).stdout).toBe('grüße')
    const million = Buffer.alloc(1_000_000, 'x')
    expect((await run(['wc', '-c'], { timeoutMs, input: million })).stdout.trim()).toBe('1000000')
  })

  it('gives an end of input to a command that is given none', async () => {
    expect((await run(['cat'], { timeoutMs })).exitCode).toBe(0)
  })

  it('does not mind a command that leaves its input unread', async () => {
    expect((await run(['true'], { timeoutMs, input: Buffer.alloc(10_000_000) })).exitCode).toBe(0)
  })

  it('passes lines on as they come', async () => {
    const lines: string[] = []
    const onLine = (line: string, stream: string) => lines.push(`${stream}: ${line}`)
    await run(sh('printf "one\\ntwo\\r\\nth"; sleep 0.05; printf "ree"; sleep 0.05; echo oops >&2'), {
      timeoutMs,
      onLine,
    })
    expect(lines).toEqual(['stdout: one', 'stdout: two', 'stderr: oops', 'stdout: three'])
  })

  it('keeps the end of too much output and says that it is not all', async () => {
    const { stdout, truncated } = await run(sh('seq 100000'), { timeoutMs, maxOutputBytes: 12 })
    expect({ stdout, truncated }).toEqual({ stdout: '9999\n100000\n'.slice(-12), truncated: true })
  })

  it('says what a shell says of a program that is missing or may not be run', async () => {
    const dir = await tempDir()
    await writeFile(join(dir, 'plain'), 'no program')
    expect(await run(['footman-no-such'], { timeoutMs })).toMatchObject({
      exitCode: 127,
      stderr: 'footman-no-such: not found\n',
    })
    expect(await run([join(dir, 'plain')], { timeoutMs })).toMatchObject({
      exitCode: 126,
      stderr: `${join(dir, 'plain')}: permission denied\n`,
    })
  })

  it('tells a missing folder from a missing program', async () => {
    await expect(run(['true'], { timeoutMs, cwd: '/no/such/folder' })).rejects.toMatchObject({
      message: 'cannot run true in /no/such/folder: there is no such folder',
      hint: expect.stringContaining('mkdir'),
    })
  })

  it('refuses what no program can be given', async () => {
    await expect(run(['echo', 'a\0b'], { timeoutMs })).rejects.toBeInstanceOf(UserError)
    await expect(run(['echo', 'x'.repeat(3_000_000)], { timeoutMs })).rejects.toBeInstanceOf(UserError)
    await expect(run([], { timeoutMs })).rejects.toBeInstanceOf(UserError)
  })
})

describe('run, when time is up', () => {
  it('asks the command to end, and tells what it still said', async () => {
    const result = await run(sh('trap "echo bye; exit 3" TERM; echo hello; while :; do sleep 0.01; done'), {
      timeoutMs: 400,
    })
    expect(result).toMatchObject({ timedOut: true, exitCode: 3, stdout: 'hello\nbye\n' })
  })

  it('kills a command that does not listen', async () => {
    const result = await run(sh('trap "" TERM; while :; do sleep 0.01; done'), {
      timeoutMs: 100,
      graceMs: 100,
    })
    expect(result).toMatchObject({ timedOut: true, exitCode: null, signal: 'SIGKILL' })
    expect(result.durationMs).toBeGreaterThanOrEqual(199)
    expect(result.durationMs).toBeLessThan(2000)
  })

  it('ends the whole group, a deaf grandchild whose parent is gone included', async () => {
    const deaf = 'trap "" TERM; echo $$; while :; do sleep 0.01; done'
    const result = await run(sh(`sh -c '${deaf}' & wait`), { timeoutMs: 400, graceMs: 100 })
    // The shell itself ended at SIGTERM.
    expect(result.signal).toBe('SIGTERM')
    expect(result.timedOut).toBe(true)
    await vi.waitFor(async () => expect(await isAlive(result.stdout)).toBe(false))
  })

  it('does not wait for a process that was left in the background', async () => {
    const result = await run(sh('sleep 20 & echo $!'), { timeoutMs })
    expect(result).toMatchObject({ exitCode: 0, timedOut: false })
    expect(result.durationMs).toBeLessThan(3000)
    expect(await isAlive(result.stdout)).toBe(true)
    process.kill(Number(result.stdout))
  })
})

describe('run, on abort', () => {
  it('does not start when it is too late', async () => {
    const path = join(await tempDir(), 'proof')
    const signal = AbortSignal.abort(new Error('too late'))
    await expect(run(['touch', path], { timeoutMs, signal })).rejects.toThrow('too late')
    expect((await run(['test', '-e', path], { timeoutMs })).exitCode).toBe(1)
  })

  it('rejects with the reason once the command is gone', async () => {
    const caller = new AbortController()
    let pid = ''
    const running = run(sh('echo $$; trap "sleep 0.1; exit" TERM; while :; do sleep 0.01; done'), {
      timeoutMs,
      signal: caller.signal,
      onLine: (line) => {
        pid = line
        caller.abort(new Error('enough'))
      },
    })
    await expect(running).rejects.toThrow('enough')
    expect(await isAlive(pid)).toBe(false)
  })
})

describe('runOrThrow', () => {
  it('returns what a good command said', async () => {
    expect((await runOrThrow(sh('echo fine'), { timeoutMs })).stdout).toBe('fine\n')
  })

  it('quotes the command and the last lines of its complaint', async () => {
    const failing = runOrThrow(sh('seq 50 >&2; exit 4'), { timeoutMs })
    const lastTen = Array.from({ length: 10 }, (_, i) => 41 + i).join('\n')
    await expect(failing).rejects.toMatchObject({
      name: 'UserError',
      message: `/bin/sh -c 'seq 50 >&2; exit 4' failed with exit code 4: ${lastTen}`,
    })
  })

  it('says how to get a program that is missing', async () => {
    const env = { PATH: '/nowhere' }
    await expect(runOrThrow(['tc', 'qdisc'], { timeoutMs, env })).rejects.toMatchObject({
      message: 'tc qdisc failed with exit code 127: tc: not found',
      hint: expect.stringContaining('apt-get install iproute2'),
    })
    await expect(runOrThrow(['rsync'], { timeoutMs, env })).rejects.toMatchObject({
      hint: expect.stringContaining('apt-get install rsync'),
    })
    await expect(runOrThrow(['/opt/x/y'], { timeoutMs })).rejects.toMatchObject({
      hint: 'check the path /opt/x/y',
    })
  })

  it('does not take a program that a script misses for the script itself', async () => {
    await expect(runOrThrow(sh('footman-no-such'), { timeoutMs })).rejects.toMatchObject({
      message: expect.stringContaining('127'),
      hint: expect.not.stringContaining('install'),
    })
  })

  it('gives the hint of the caller', async () => {
    await expect(runOrThrow(['false'], { timeoutMs, hint: 'try true' })).rejects.toMatchObject({
      hint: 'try true',
    })
  })

  it('tells a timeout and a signal', async () => {
    await expect(runOrThrow(['sleep', '20'], { timeoutMs: 50 })).rejects.toThrow(
      /sleep 20 was stopped after \d+ms/,
    )
    await expect(runOrThrow(sh('kill -KILL $$'), { timeoutMs })).rejects.toThrow('was ended by SIGKILL')
  })

  it('does not hand over half of an output as if it were all', async () => {
    await expect(runOrThrow(['seq', '1000'], { timeoutMs, maxOutputBytes: 1024 })).rejects.toThrow(
      'seq 1000 printed more than 1 KiB',
    )
    const streamed = runOrThrow(['seq', '1000'], { timeoutMs, maxOutputBytes: 1024, onLine: () => {} })
    expect((await streamed).truncated).toBe(true)
  })

  it('keeps secrets out of messages, those in the command and those on stderr', async () => {
    const secret = new Secret('correct horse battery staple')
    const env = { TOKEN: secret.reveal() }
    const failing = runOrThrow(sh(`echo "denied: $TOKEN" >&2; exit 1 # ${secret.reveal()}`), {
      timeoutMs,
      env,
    })
    const error = await failing.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UserError)
    expect(String(error)).toContain('denied: [redacted]')
    expect(String(error)).not.toContain('horse')
  })
})

/** A zombie is dead: it waits for a parent that may be slow to look. */
async function isAlive(pid: string): Promise<boolean> {
  const { stdout } = await run(['ps', '-o', 'stat=', '-p', pid.trim()], { timeoutMs })
  return /^[^Z\s]/.test(stdout)
}
