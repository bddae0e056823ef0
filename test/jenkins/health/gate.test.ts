import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { RemoteError, UserError } from '../../../core/errors.ts'
import { passGate } from '../../../jenkins/health/gate.ts'
import { advance, firstProgress, type Step } from '../../../jenkins/health/gate-progress.ts'
import type { Expectation, GateSettings, Sight, VitalSigns } from '../../../jenkins/health/health.ts'
import type { Judgement } from '../../../jenkins/health/judge.ts'

const settings: GateSettings = { deadlineMs: 60_000, looks: 3, intervalMs: 5000, soakMs: 20_000 }
const expectation: Expectation = {
  ...{ version: '2.516.1', activePlugins: ['git'], mayMiss: [], minJobs: undefined, mayBeQuiet: false },
}

function signs(session: string, over: Partial<VitalSigns> = {}): VitalSigns {
  return {
    ...{ version: '2.516.1', session, quietingDown: false, jobs: 1, onlineNodes: 0 },
    plugins: [{ shortName: 'git', version: '5', active: true, enabled: true }],
    ...over,
  }
}
const up = (session = 'a', over: Partial<VitalSigns> = {}): Sight => ({
  state: 'up',
  ...signs(session, over),
})
const loading: Sight = { state: 'loading' }
const silent: Sight = { state: 'silent', reason: 'nothing listens' }
const idle = up('a', { plugins: [{ shortName: 'git', version: '5', active: false, enabled: true }] })

/** Time passes only where somebody sleeps. */
function quickClock() {
  let nowMs = 0
  return {
    now: () => nowMs,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted()
      nowMs += ms
    },
  }
}

/** Passes a gate whose looks are these; the last one is what it looks like ever after. */
async function pass(looks: (Sight | Error)[], over: Partial<GateSettings> = {}) {
  const seen: Sight[] = []
  let at = 0
  const look = async (): Promise<Sight> => {
    const next = looks[Math.min(at++, looks.length - 1)]
    if (!next || next instanceof Error) throw next
    return next
  }
  const verdict = await passGate({ look }, expectation, {
    ...{ settings: { ...settings, ...over }, clock: quickClock() },
    onSight: (sight) => seen.push(sight),
  })
  return { verdict, looks: seen.length }
}

describe('a healthy controller', () => {
  it('passes after three good looks and the soak', async () => {
    const { verdict, looks } = await pass([silent, loading, loading, up()])
    // Three looks that were not good, three that were; then four intervals of soak.
    expect(verdict).toEqual({ healthy: true, signs: signs('a'), tookMs: (5 + 4) * 5000 })
    expect(looks).toBe(10)
  })

  it('needs no soak where none is asked for', async () => {
    expect((await pass([up()], { soakMs: 0 })).looks).toBe(3)
  })

  it('begins to count again after a look that was not good', async () => {
    expect((await pass([up(), up(), silent, up()], { soakMs: 0 })).looks).toBe(6)
  })

  it('begins to count again when it has restarted meanwhile', async () => {
    const { verdict, looks } = await pass([up('a'), up('a'), up('b')], { soakMs: 0 })
    expect(verdict).toMatchObject({ healthy: true, signs: { session: 'b' } })
    expect(looks).toBe(5)
  })

  it('may miss looks during the soak, though not as many as make it healthy', async () => {
    const good = [up(), up(), up()]
    expect((await pass([...good, silent, silent, up()])).verdict.healthy).toBe(true)
    expect((await pass([...good, silent, silent, silent, up()])).verdict).toMatchObject({
      healthy: false,
      reason: 'it did not stay healthy: it does not answer: nothing listens',
    })
  })

  it('may take its time for the good looks once the first was in time', async () => {
    const { verdict } = await pass([...Array<Sight>(11).fill(loading), up()], { soakMs: 0 })
    expect(verdict).toMatchObject({ healthy: true, tookMs: 13 * 5000 })
  })
})

describe('a controller fails', () => {
  it.each<[string, Sight]>([
    ['a failed boot', { state: 'broken', reason: 'NoSuchMethodError' }],
    ['the setup wizard', { state: 'wizard' }],
    ['a dead container', { state: 'dead', reason: 'exit code 5' }],
    ['the wrong version', up('a', { version: '2.498' })],
  ])('at once with %s', async (_, sight) => {
    const { verdict, looks } = await pass([loading, sight])
    expect(verdict).toMatchObject({ healthy: false, last: sight })
    expect(looks).toBe(2)
  })

  it('when it does not come up before the deadline, with what was seen last', async () => {
    const { verdict } = await pass([silent, loading])
    expect(verdict).toEqual({
      healthy: false,
      reason: 'after 1m, it still says that it is starting',
      last: loading,
      tookMs: 60_000,
    })
  })

  it('when a plugin is missing for as many looks as make it healthy', async () => {
    const { verdict, looks } = await pass([loading, idle])
    expect(verdict).toMatchObject({ healthy: false, reason: expect.stringContaining('not loaded: git') })
    expect(looks).toBe(4)
  })

  it('not yet when a plugin is only late', async () => {
    expect((await pass([loading, idle, idle, up()])).verdict.healthy).toBe(true)
  })

  it('when it restarts during the soak', async () => {
    const { verdict } = await pass([up('a'), up('a'), up('a'), up('b')])
    expect(verdict).toMatchObject({ healthy: false, reason: 'it restarted after it had been healthy' })
  })

  it('when it restarts after every look, for ever', async () => {
    let boot = 0
    const verdict = await passGate({ look: async () => up(`boot ${boot++}`) }, expectation, {
      settings,
      clock: quickClock(),
    })
    expect(verdict).toMatchObject({ healthy: false, reason: 'it restarts again and again' })
  })
})

test('an engine that is away for a moment is silence', async () => {
  const away = new RemoteError('unreachable', 'no engine answers')
  expect((await pass([away, up()])).verdict.healthy).toBe(true)
  expect((await pass([away])).verdict).toMatchObject({
    healthy: false,
    last: { state: 'silent', reason: 'no engine answers' },
  })
})

test('what a person has to cure is not waited for', async () => {
  const { verdict, looks } = await pass([new UserError('the image lacks bash', { hint: 'choose another' })])
  expect(verdict).toMatchObject({ healthy: false, reason: 'the image lacks bash (choose another)' })
  expect(looks).toBe(1)
})

test('whoever gives up gets their own reason, in a look and between two', async () => {
  const reason = new Error('enough')
  const inLook = new AbortController()
  const look = async () => {
    inLook.abort(reason)
    throw new Error('whatever')
  }
  const options = { settings, clock: quickClock() }
  await expect(passGate({ look }, expectation, { ...options, signal: inLook.signal })).rejects.toBe(reason)
  const between = new AbortController()
  const waiting = passGate({ look: async () => loading }, expectation, {
    ...options,
    signal: between.signal,
    onSight: () => between.abort(reason),
  })
  await expect(waiting).rejects.toBe(reason)
})

describe('whatever is seen', () => {
  const judgement: fc.Arbitrary<Judgement> = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('a', 'b').map((session) => good(session)) },
    { weight: 3, arbitrary: fc.constant<Judgement>({ kind: 'wait', reason: 'waiting' }) },
    { weight: 2, arbitrary: fc.constant<Judgement>({ kind: 'doubt', reason: 'doubtful' }) },
  )
  const gates = fc.record({
    deadlineMs: fc.integer({ min: 1, max: 20 }),
    looks: fc.integer({ min: 1, max: 5 }),
    intervalMs: fc.constant(1),
    soakMs: fc.integer({ min: 0, max: 20 }),
  })

  it('the gate ends, in bounded time, and only where the last looks bear it out', () => {
    fc.assert(
      fc.property(gates, fc.infiniteStream(judgement), (settings, stream) => {
        const { history, step } = walk(settings, stream)
        const { deadlineMs, looks, soakMs } = settings
        // Each good look of the soak may be followed by all but too many misses.
        expect(history.length).toBeLessThanOrEqual(deadlineMs + 2 * looks + soakMs * looks + looks)
        if (step.end === 'healthy') {
          const last = history.at(-1)
          expect(last?.kind).toBe('good')
          const sessions = new Set(tail(history, looks, soakMs).flatMap(sessionOf))
          expect(sessions.size).toBe(1)
          expect(longestRun(history)).toBeGreaterThanOrEqual(looks)
        }
        if (step.end === 'unhealthy') expect(step.reason).not.toBe('')
      }),
    )
  })

  it('one bad look is the end', () => {
    fc.assert(
      fc.property(gates, fc.array(judgement, { maxLength: 20 }), (settings, before) => {
        const { step } = walk(settings, [...before, { kind: 'bad', reason: 'dead' } as const])
        expect(step.end).not.toBeUndefined()
      }),
    )
  })
})

function good(session: string): Judgement {
  return { kind: 'good', signs: signs(session) }
}

function walk(settings: GateSettings, judgements: Iterable<Judgement>): { history: Judgement[]; step: Step } {
  let progress = firstProgress(0)
  const history: Judgement[] = []
  for (const judgement of judgements) {
    history.push(judgement)
    const step = advance(progress, judgement, { nowMs: history.length - 1, settings })
    if (step.end !== undefined || history.length > 1000) return { history, step }
    progress = step.progress
  }
  return { history, step: { end: undefined, progress } }
}

function sessionOf(judgement: Judgement): string[] {
  return judgement.kind === 'good' ? [judgement.signs.session] : []
}

/** The looks since the soak began, at least. */
function tail(history: Judgement[], looks: number, soakMs: number): Judgement[] {
  return history.slice(-Math.max(looks, soakMs + 1))
}

/** The longest row of good looks of one boot. */
function longestRun(history: Judgement[]): number {
  let longest = 0
  let run: string[] = []
  for (const judgement of history) {
    const [session] = sessionOf(judgement)
    if (session === undefined) run = []
    else run = run[0] === session ? [...run, session] : [session]
    longest = Math.max(longest, run.length)
  }
  return longest
}
