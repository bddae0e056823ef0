import { describe, expect, test } from 'vitest'
import { commandBench } from '../../support/agent-commands.ts'
import { agentStatus } from '../../support/agent-status.ts'

const busy = agentStatus({
  openness: 'finishing',
  because: 'you drained it',
  slots: [{ slot: 'laptop-ann-1', state: 'busy', build: 'app #41' }],
})
const drained = agentStatus({ openness: 'finishing', because: 'you drained it' })

describe('status', () => {
  test('shows what the daemon says', async () => {
    const bench = await commandBench()
    await bench.daemon(() => busy)
    const { exitCode, stdout } = await bench.run('agent', 'status')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('laptop-ann-1  busy')
    expect(stdout).toContain('app #41')
  })

  test('is one JSON document under --json', async () => {
    const bench = await commandBench()
    await bench.daemon(() => busy)
    const { stdout } = await bench.run('agent', 'status', '--json')
    expect(JSON.parse(stdout)).toEqual(busy)
  })

  test('without a daemon exits 3 and says how to start one', async () => {
    const bench = await commandBench()
    const { exitCode, stdout, stderr } = await bench.run('agent', 'status')
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' })
    expect(stderr).toBe('error: no footman agent is running here\nhint: start it with `footman agent run`\n')
  })

  test('--watch shows changes until interrupted', async () => {
    const bench = await commandBench()
    const { heard } = await bench.daemon(() => busy)
    const watching = bench.run('agent', 'status', '--watch')
    await expect.poll(() => heard.length).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 50))
    bench.press('SIGINT')
    const { exitCode, stdout } = await watching
    expect(exitCode).toBe(130)
    expect(stdout).toBe('laptop-ann: 0 of 6 CPUs lent: laptop-ann-1 builds app #41\n')
  })
})

describe('pause and resume', () => {
  test('pass on how long, and print where that leads', async () => {
    const bench = await commandBench()
    const { heard } = await bench.daemon(() =>
      agentStatus({ openness: 'finishing', because: 'you paused it' }),
    )
    const { stdout } = await bench.run('agent', 'pause', '1h30m')
    expect(heard).toEqual([{ request: 'pause', forMs: 5_400_000 }])
    expect(stdout).toBe('laptop-ann: 0 of 6 CPUs lent; takes no more builds: you paused it\n')
    await bench.run('agent', 'pause')
    await bench.run('agent', 'resume')
    expect(heard.slice(1)).toEqual([{ request: 'pause' }, { request: 'resume' }])
  })

  test('a duration that is none is refused with an example', async () => {
    const bench = await commandBench()
    const { exitCode, stderr } = await bench.run('agent', 'pause', 'soon')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('write e.g. 45m')
  })

  test('--dry-run asks the daemon for nothing but its name', async () => {
    const bench = await commandBench()
    const { heard } = await bench.daemon(() => agentStatus())
    const { stdout } = await bench.run('agent', 'pause', '2h', '--dry-run')
    expect(stdout).toBe('would pause lending for 2h on laptop-ann\n')
    expect(heard).toEqual([{ request: 'status' }])
  })
})

describe('drain', () => {
  test('waits until the last build has ended', async () => {
    const bench = await commandBench()
    let looks = 0
    const { heard } = await bench.daemon(() => (++looks < 3 ? busy : drained))
    const { exitCode, stdout, stderr } = await bench.run('agent', 'drain')
    expect(exitCode).toBe(0)
    expect(heard.map(({ request }) => request)).toEqual(['drain', 'status', 'status'])
    expect(stderr).toBe('waiting for app #41 on laptop-ann-1\n')
    expect(stdout).toContain('you drained it')
  })

  test('--no-wait does not', async () => {
    const bench = await commandBench()
    const { heard } = await bench.daemon(() => busy)
    const { exitCode } = await bench.run('agent', 'drain', '--no-wait')
    expect({ exitCode, heard }).toEqual({ exitCode: 0, heard: [{ request: 'drain' }] })
  })

  test('interrupted, it stops waiting; the drain goes on', async () => {
    const bench = await commandBench()
    const { heard } = await bench.daemon(() => busy)
    const draining = bench.run('agent', 'drain')
    await expect.poll(() => heard.length).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 50))
    bench.press('SIGINT')
    expect((await draining).exitCode).toBe(130)
    expect(heard[0]).toEqual({ request: 'drain' })
  })
})

describe('stop', () => {
  test('returns when the daemon is gone', async () => {
    const bench = await commandBench()
    const { heard, end } = await bench.daemon(() => drained)
    const stopping = bench.run('agent', 'stop', '--now')
    await expect.poll(() => heard.length).toBeGreaterThan(1)
    await end()
    const { exitCode, stderr } = await stopping
    expect(exitCode).toBe(0)
    expect(heard[0]).toEqual({ request: 'stop', now: true })
    expect(stderr).toContain('the agent on laptop-ann has ended')
  })
})
