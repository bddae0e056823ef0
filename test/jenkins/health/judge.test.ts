import { describe, expect, it, test } from 'vitest'
import type { Expectation, Plugin, Sight } from '../../../jenkins/health/health.ts'
import { judge } from '../../../jenkins/health/judge.ts'

const anything: Expectation = {
  version: undefined,
  activePlugins: [],
  mayMiss: [],
  minJobs: undefined,
  mayBeQuiet: false,
}

function plugin(shortName: string, over: Partial<Plugin> = {}): Plugin {
  return { shortName, version: '1', active: true, enabled: true, ...over }
}

function up(over: Partial<Extract<Sight, { state: 'up' }>> = {}): Sight {
  return {
    ...{ state: 'up', version: '2.516.1', session: 'a1', quietingDown: false },
    ...{ plugins: [plugin('git'), plugin('credentials')], jobs: 7, onlineNodes: 1 },
    ...over,
  }
}

test.each<[string, Sight, string, RegExp]>([
  ['silence', { state: 'silent', reason: 'nothing listens' }, 'wait', /does not answer: nothing listens/],
  ['loading', { state: 'loading' }, 'wait', /starting/],
  ['a failed boot', { state: 'broken', reason: 'NoSuchMethodError' }, 'bad', /NoSuchMethodError/],
  ['the setup wizard', { state: 'wizard' }, 'bad', /home/],
  ['death', { state: 'dead', reason: 'the container is gone' }, 'bad', /gone/],
  [
    'refused credentials',
    { state: 'closed', version: '2.516.1', session: 'a', reason: 'token refused' },
    'doubt',
    /token refused/,
  ],
])('%s is told from health', (_, sight, kind, reason) => {
  expect(judge(sight, anything)).toEqual({ kind, reason: expect.stringMatching(reason) })
})

describe('of a controller that is up', () => {
  it('everything is good when nothing is asked', () => {
    expect(
      judge(up({ plugins: undefined, jobs: undefined, onlineNodes: undefined }), anything),
    ).toMatchObject({ kind: 'good' })
  })

  it('another version than expected is bad, also when it lets nobody in', () => {
    const expectation = { ...anything, version: '2.517' }
    expect(judge(up(), expectation)).toEqual({
      kind: 'bad',
      reason: 'it is version 2.516.1, and 2.517 was expected',
    })
    const closed: Sight = { state: 'closed', version: '2.516.1', session: 'a', reason: 'refused' }
    expect(judge(closed, expectation).kind).toBe('bad')
  })

  const plugins = { ...anything, activePlugins: ['git', 'credentials'] }

  it('the same active plugins are good, whatever else there is', () => {
    const more = [plugin('git'), plugin('credentials', { version: '2' }), plugin('new', { active: false })]
    expect(judge(up({ plugins: more }), plugins).kind).toBe('good')
  })

  it('a plugin that is not loaded any more is doubtful', () => {
    const idle = [plugin('git', { active: false }), plugin('credentials')]
    expect(judge(up({ plugins: idle }), plugins)).toEqual({
      kind: 'doubt',
      reason: 'plugins that worked before were not loaded: git',
    })
  })

  it('a plugin that has gone is doubtful', () => {
    expect(judge(up({ plugins: [plugin('git')] }), plugins)).toEqual({
      kind: 'doubt',
      reason: 'plugins that worked before are missing: credentials',
    })
  })

  it('plugins that may be missing are not missed', () => {
    expect(judge(up({ plugins: [plugin('git')] }), { ...plugins, mayMiss: ['credentials'] }).kind).toBe(
      'good',
    )
  })

  it('plugins that nobody may read any more are doubtful', () => {
    expect(judge(up({ plugins: undefined }), plugins).kind).toBe('doubt')
  })

  it('a long list of plugins is cut', () => {
    const activePlugins = Array.from({ length: 30 }, (_, at) => `p${at}`)
    const judgement = judge(up({ plugins: [] }), { ...anything, activePlugins })
    expect(judgement).toMatchObject({ reason: expect.stringMatching(/: p0, .*, p7 and 22 more$/) })
  })

  it.each([
    [6, 'doubt'],
    [7, 'good'],
    [8, 'good'],
    [undefined, 'doubt'],
  ])('with 7 jobs before, %s are %s', (jobs, kind) => {
    expect(judge(up({ jobs }), { ...anything, minJobs: 7 }).kind).toBe(kind)
  })

  it('quiet mode is waited for, unless it is a rehearsal', () => {
    expect(judge(up({ quietingDown: true }), anything).kind).toBe('wait')
    expect(judge(up({ quietingDown: true }), { ...anything, mayBeQuiet: true }).kind).toBe('good')
  })

  it('failing checks of its own are waited for', () => {
    expect(judge(up({ failing: ['disk', 'cluster'] }), anything)).toEqual({
      kind: 'wait',
      reason: 'its own health checks fail: disk, cluster',
    })
  })
})
