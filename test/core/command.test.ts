import { EventEmitter } from 'node:events'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { defineCommand, printResult } from '../../core/command.ts'
import { ConfigError, exitCodes, LockHeldError, RemoteError, UserError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { programOf, runCli } from '../support/run-cli.ts'

const nothing = defineCommand({ run: async () => {} })

/** A program whose one command remembers what it was given. */
function recorder(spec: Omit<Parameters<typeof defineCommand>[0], 'run'> = {}) {
  const seen: unknown[] = []
  const command = defineCommand({
    ...spec,
    run: async (context, given) => {
      seen.push({ given, json: context.json, dryRun: context.dryRun, configPath: context.configPath })
    },
  })
  return { program: programOf({ 'agent run': command, 'agent stop': nothing, demo: nothing }), seen }
}

const failing = (error: unknown) =>
  programOf({
    'agent run': defineCommand({
      reads: true,
      run: async () => {
        throw error
      },
    }),
  })

describe('a command line', () => {
  const options = {
    keepIdle: { summary: 'How long', value: 'duration', short: 'k' },
    count: { summary: 'How many', value: 'n', parse: Number },
    label: { summary: 'Which', value: 'label', repeatable: true },
    force: { summary: 'Even so' },
    noWait: { summary: 'At once' },
  }
  const args = {
    name: { summary: 'Whom' },
    size: { summary: 'How large', optional: true, parse: (text: string) => text.length },
  }

  it('gives the command its options and arguments by name, typed and complete', async () => {
    const { program, seen } = recorder({ options, arguments: args })
    await runCli(program, [
      'agent',
      'run',
      'ann',
      'wide',
      '-k',
      '5m',
      '--count',
      '3',
      '--label',
      'a',
      '--label',
      'b',
    ])
    await runCli(program, ['agent', 'run', 'ben', '--force', '--no-wait'])
    expect(seen).toMatchObject([
      {
        given: {
          name: 'ann',
          size: 4,
          keepIdle: '5m',
          count: 3,
          label: ['a', 'b'],
          force: false,
          noWait: false,
        },
      },
      {
        given: {
          name: 'ben',
          size: undefined,
          keepIdle: undefined,
          count: undefined,
          label: [],
          force: true,
          noWait: true,
        },
      },
    ])
  })

  it.each([
    [['--config', 'x.yaml', 'agent', 'run'], { configPath: 'x.yaml' }],
    [['agent', '--config=x.yaml', 'run'], { configPath: 'x.yaml' }],
    [['agent', 'run', '--config', 'x.yaml'], { configPath: 'x.yaml' }],
    [['agent', 'run', '--json'], { json: true, dryRun: false }],
    [['agent', 'run', '-n'], { json: false, dryRun: true }],
    [['agent', 'run'], { json: false, dryRun: false, configPath: undefined, given: {} }],
  ])('%j', async (argv, expected) => {
    const { program, seen } = recorder({ reads: true, writes: true })
    expect(await runCli(program, argv)).toEqual({ exitCode: exitCodes.ok, stdout: '', stderr: '' })
    expect(seen).toMatchObject([expected])
  })

  it.each([
    [['agnt'], "unknown command 'agnt'", 'did you mean agent?'],
    [['agent', 'rn'], "unknown command 'rn'", 'did you mean run?'],
    [['agent', 'run', 'a', '--keep-idel', '1'], "unknown option '--keep-idel'", 'did you mean --keep-idle?'],
    [['agent', 'run'], "missing required argument 'name'", 'see footman agent run --help'],
    [['agent', 'run', 'a', 'b', 'c'], 'too many arguments', 'see footman agent run --help'],
    [
      ['agent', 'run', 'a', '--count'],
      "option '--count <n>' argument missing",
      'see footman agent run --help',
    ],
    [['agent', 'run', 'a', '--json'], "unknown option '--json'", ''],
    [['agent', 'run', 'a', '--quiet', '--verbose'], 'cannot be used with', ''],
    [['--frobnicate'], "unknown option '--frobnicate'", 'see footman --help'],
  ])('that makes no sense exits 2 and says what would: %j', async (argv, problem, hint) => {
    const { program, seen } = recorder({ options, arguments: args })
    const run = await runCli(program, argv)
    expect(run.exitCode).toBe(exitCodes.usage)
    const everything = run.stdout + run.stderr
    expect(everything).toContain(problem)
    expect(everything).toContain(hint)
    expect(seen).toEqual([])
  })

  it('names the option whose value was refused', async () => {
    const parse = (): never => {
      throw new UserError('expected a duration such as 5m')
    }
    const { program } = recorder({ options: { since: { summary: 'When', value: 'duration', parse } } })
    const { exitCode, stderr } = await runCli(program, ['agent', 'run', '--since', 'ever'])
    expect(exitCode).toBe(exitCodes.usage)
    expect(stderr).toBe('error: --since: expected a duration such as 5m\n')
  })

  it('loads only the command that it names', async () => {
    const loaded: string[] = []
    const program = programOf({ 'agent run': nothing, 'agent stop': nothing })
    const commands = program.commands.map((entry) => ({
      ...entry,
      load: async () => {
        loaded.push(entry.verb)
        return entry.load()
      },
    }))
    await runCli({ ...program, commands }, ['agent', 'stop'])
    await runCli({ ...program, commands }, ['--help'])
    expect(loaded).toEqual(['stop'])
  })
})

describe('help', () => {
  const { program } = recorder({
    reads: true,
    writes: true,
    options: { keepIdle: { summary: 'How long', value: 'duration' } },
    examples: [{ line: 'footman agent run --keep-idle 5m', explains: 'Be patient' }],
  })

  it('is short for the bare name, and names what there is and how to begin', async () => {
    const { exitCode, stdout } = await runCli(program, [])
    expect(exitCode).toBe(exitCodes.ok)
    expect(stdout).toContain('A program for tests.\n\n  agent  About agents\n  demo   Summary of demo\n')
    expect(stdout).toContain('Begin with:\n  footman agent run  begin\n')
    expect(stdout).not.toContain('jenkins')
  })

  it.each([[['--help']], [['-h']], [['help']]])('lists every command for %j', async (argv) => {
    const { exitCode, stdout, stderr } = await runCli(program, argv)
    expect({ exitCode, stderr }).toEqual({ exitCode: exitCodes.ok, stderr: '' })
    expect(stdout).toMatch(/agent run +Summary of agent run\n +agent stop +Summary of agent stop\n +demo/)
    for (const option of [
      '--quiet',
      '--verbose',
      '--no-color',
      '--config',
      '--json',
      '--dry-run',
      '--version',
    ]) {
      expect(stdout).toContain(option)
    }
  })

  it('of a noun without a verb goes to stderr, because nothing was done', async () => {
    const { exitCode, stdout, stderr } = await runCli(program, ['agent'])
    expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.usage, stdout: '' })
    expect(stderr).toContain('Usage: footman agent <verb>')
    expect(stderr).toMatch(/run +Summary of agent run/)
  })

  it.each([[['agent', 'run', '--help']], [['help', 'agent', 'run']]])(
    'of a command shows options and examples: %j',
    async (argv) => {
      const { exitCode, stdout } = await runCli(program, argv)
      expect(exitCode).toBe(exitCodes.ok)
      expect(stdout).toContain('Summary of agent run')
      for (const part of ['--keep-idle <duration>', '--json', '--dry-run', '--config', '--quiet']) {
        expect(stdout).toContain(part)
      }
      expect(stdout).toContain('Examples:\n  Be patient\n    $ footman agent run --keep-idle 5m\n')
    },
  )

  it('comes with a version', async () => {
    expect(await runCli(program, ['--version'])).toEqual({ exitCode: 0, stdout: '1.2.3\n', stderr: '' })
  })
})

describe('the end of a command', () => {
  const ending = (run: Parameters<typeof defineCommand>[0]['run']) =>
    programOf({ 'agent run': defineCommand({ run }) })

  it('is 0 when it says nothing, and its own code when it says one', async () => {
    expect((await runCli(programOf({ 'agent run': nothing }), ['agent', 'run'])).exitCode).toBe(exitCodes.ok)
    const drift = ending(async () => exitCodes.drift)
    expect((await runCli(drift, ['agent', 'run'])).exitCode).toBe(exitCodes.drift)
  })

  it.each([
    [new UserError('no'), exitCodes.failed],
    [new UserError('no', { exitCode: exitCodes.drift }), exitCodes.drift],
    [new ConfigError('no'), exitCodes.usage],
    [new RemoteError('unreachable', 'no'), exitCodes.remote],
    [new LockHeldError('no'), exitCodes.lockHeld],
    [new TypeError('no'), exitCodes.failed],
    ['a string', exitCodes.failed],
  ])('is told by the exit code: %s', async (error, exitCode) => {
    expect((await runCli(failing(error), ['agent', 'run'])).exitCode).toBe(exitCode)
  })

  it('tells people what failed and what to try, and keeps the cause for --verbose', async () => {
    const cause = new Error('ECONNREFUSED')
    const error = new RemoteError('unreachable', 'jenkins.example does not answer', {
      hint: 'is the VPN on?',
      cause,
    })
    const { stdout, stderr } = await runCli(failing(error), ['agent', 'run'])
    expect(stdout).toBe('')
    expect(stderr).toBe('error: jenkins.example does not answer\nhint: is the VPN on?\n')
    const verbose = await runCli(failing(error), ['agent', 'run', '--verbose'])
    expect(verbose.stderr).toContain('caused by: Error: ECONNREFUSED')
    expect(verbose.stderr).toContain('command.test.ts')
  })

  it('tells programs the same on stdout as JSON', async () => {
    const error = new RemoteError('unreachable', 'no answer', { hint: 'is the VPN on?' })
    const { exitCode, stdout, stderr } = await runCli(failing(error), ['agent', 'run', '--json'])
    expect(exitCode).toBe(exitCodes.remote)
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'remote', message: 'no answer', hint: 'is the VPN on?' },
    })
    const usage = await runCli(failing(error), ['agent', 'rnu', '--json'])
    expect(JSON.parse(usage.stdout)).toMatchObject({ error: { code: 'user' } })
  })

  it('says of a fault of its own that it is one, and of a full disk that it is not', async () => {
    const bug = await runCli(failing(new TypeError('x is not a function')), ['agent', 'run'])
    expect(bug.stderr).toContain('footman did not expect this: x is not a function')
    expect(bug.stderr).not.toContain('command.test.ts')
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    const { stderr } = await runCli(failing(full), ['agent', 'run'])
    expect(stderr).toBe('error: ENOSPC: no space left on device, write\nhint: free some space on that disk\n')
  })

  it('never shows a secret, wherever it turns up', async () => {
    const secret = new Secret('s3cret-of-ann')
    const leak = new RemoteError('rejected', `sent ${secret.reveal()}`, {
      hint: `try ${secret.reveal()}`,
      cause: new Error(secret.reveal()),
    })
    const program = programOf({
      'agent run': defineCommand({
        reads: true,
        run: async (context) => {
          printResult(context, { token: secret.reveal() }, ({ token }) => token)
          context.log.warn(secret.reveal(), { field: secret.reveal() })
          throw leak
        },
      }),
    })
    for (const argv of [[], ['--json'], ['--verbose']]) {
      const { stdout, stderr } = await runCli(program, ['agent', 'run', ...argv])
      expect(stdout + stderr).not.toContain('s3cret')
      expect(stdout + stderr).toContain('[redacted]')
    }
  })
})

describe('what is said on the way', () => {
  const talker = programOf({
    'agent run': defineCommand({
      reads: true,
      run: async (context) => {
        context.log.debug('detail')
        context.log.info('news')
        context.log.warn('worry')
        printResult(context, { answer: 42 }, ({ answer }) => `the answer is ${answer}`)
      },
    }),
    'agent serve': defineCommand({
      longRunning: true,
      run: async ({ log }) => log.info('news'),
    }),
  })

  it.each([
    [[], {}, 'news\nwarning: worry\n'],
    [['--quiet'], {}, 'warning: worry\n'],
    [['-q'], { FOOTMAN_LOG_LEVEL: 'debug' }, 'warning: worry\n'],
    [['--verbose'], {}, 'debug: detail\nnews\nwarning: worry\n'],
    [[], { FOOTMAN_LOG_LEVEL: 'error' }, ''],
  ])('goes to stderr: %j %j', async (argv, env, expected) => {
    const { stdout, stderr } = await runCli(talker, ['agent', 'run', ...argv], { env })
    expect(stderr).toBe(expected)
    expect(stdout).toBe('the answer is 42\n')
  })

  it('leaves stdout to one JSON document under --json', async () => {
    const { stdout } = await runCli(talker, ['agent', 'run', '--json'])
    expect(JSON.parse(stdout)).toEqual({ answer: 42 })
  })

  it('is JSON too where FOOTMAN_LOG_FORMAT says so', async () => {
    const { stderr } = await runCli(talker, ['agent', 'run', '-q'], { env: { FOOTMAN_LOG_FORMAT: 'json' } })
    expect(JSON.parse(stderr)).toMatchObject({ level: 'warn', message: 'worry' })
  })

  it('refuses a log level that there is not', async () => {
    const { exitCode, stderr } = await runCli(talker, ['agent', 'run'], {
      env: { FOOTMAN_LOG_LEVEL: 'loud' },
    })
    expect(exitCode).toBe(exitCodes.usage)
    expect(stderr).toContain('levels are debug, info, warn, error')
  })

  it('carries the time of day where a command runs for hours', async () => {
    expect((await runCli(talker, ['agent', 'serve'])).stderr).toMatch(/^\d\d:\d\d:\d\d news\n$/)
  })

  it.each([
    [[], {}, true, true],
    [[], {}, false, false],
    [['--no-color'], {}, true, false],
    [[], { NO_COLOR: '1' }, true, false],
    [[], { TERM: 'dumb' }, true, false],
  ])(
    'is coloured only on a terminal that wants it: %j %j terminal %s',
    async (argv, env, isTTY, coloured) => {
      vi.stubEnv('NO_COLOR', undefined)
      vi.stubEnv('TERM', 'xterm')
      onTestFinished(() => void vi.unstubAllEnvs())
      const { stderr } = await runCli(talker, ['agent', 'run', ...argv], { env, isTTY })
      expect(stderr.includes('\u001b[')).toBe(coloured)
    },
  )
})

describe('a signal', () => {
  /** Starts a command that waits as told, sends signals once it runs, and returns how that ended. */
  async function interrupt(
    wait: (signal: AbortSignal) => Promise<void>,
    sent: readonly ('SIGINT' | 'SIGTERM')[],
  ) {
    const signals = new EventEmitter()
    const command = defineCommand({
      run: async ({ signal }) => {
        queueMicrotask(() => {
          for (const name of sent) signals.emit(name)
        })
        await wait(signal)
      },
    })
    const run = await runCli(programOf({ 'agent run': command }), ['agent', 'run'], { signals })
    return { ...run, listeners: signals.listenerCount('SIGINT') + signals.listenerCount('SIGTERM') }
  }

  const untilAborted = (signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  const forever = () => new Promise<void>(() => {})

  it.each([
    ['SIGINT' as const, exitCodes.interrupted],
    ['SIGTERM' as const, exitCodes.terminated],
  ])('%s aborts the work, says so, and is the exit code of what ends then', async (name, exitCode) => {
    const run = await interrupt(untilAborted, [name])
    expect(run.exitCode).toBe(exitCode)
    expect(run.stderr).toContain(`stopped by ${name}: finishing`)
    expect(run.listeners).toBe(0)
  })

  it('is no error when the work throws its reason on, however wrapped', async () => {
    const { exitCode, stderr } = await interrupt(
      async (signal) => {
        await untilAborted(signal)
        throw new RemoteError('unreachable', 'the request failed', { cause: signal.reason })
      },
      ['SIGINT'],
    )
    expect(exitCode).toBe(exitCodes.interrupted)
    expect(stderr).not.toContain('error')
  })

  it('does not hide that cleaning up failed', async () => {
    const { exitCode, stderr } = await interrupt(
      async (signal) => {
        await untilAborted(signal)
        throw new RemoteError('forbidden', 'the node could not be removed')
      },
      ['SIGTERM'],
    )
    expect(exitCode).toBe(exitCodes.remote)
    expect(stderr).toContain('the node could not be removed')
  })

  it('that comes twice ends everything at once', async () => {
    expect((await interrupt(forever, ['SIGINT', 'SIGINT'])).exitCode).toBe(exitCodes.interrupted)
    expect((await interrupt(forever, ['SIGTERM', 'SIGTERM'])).exitCode).toBe(exitCodes.terminated)
    expect((await interrupt(forever, ['SIGTERM', 'SIGINT'])).exitCode).toBe(exitCodes.interrupted)
  })

  it('leaves the exit code to a command that ended well all the same', async () => {
    const signals = new EventEmitter()
    const drained = defineCommand({
      run: async ({ signal }) => {
        queueMicrotask(() => signals.emit('SIGTERM'))
        await untilAborted(signal)
        return exitCodes.ok
      },
    })
    const { exitCode } = await runCli(programOf({ 'agent run': drained }), ['agent', 'run'], { signals })
    expect(exitCode).toBe(exitCodes.ok)
  })
})
