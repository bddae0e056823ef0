import { describe, expect, test } from 'vitest'
import { buildName, narrate } from '../../../agent/daemon/narrate.ts'
import type { RoundResult } from '../../../agent/daemon/round.ts'
import { type DaemonState, freshState, type Trouble } from '../../../agent/daemon/state.ts'
import type { Phase, Slot } from '../../../agent/slots/slots.ts'
import type { Action, ObservedNode } from '../../../agent/world.ts'
import { RemoteError, UserError } from '../../../core/errors.ts'
import { blankNode } from '../../support/fake-jenkins.ts'

const quiet = freshState(0)

function lines(before: Partial<DaemonState>, after: Partial<DaemonState>): string[] {
  return narrate({ ...quiet, ...before }, { ...quiet, ...after }, 0).map(({ level, text }) =>
    level === 'info' ? text : `${level}: ${text}`,
  )
}

function result(slots: Slot[], outcomes: RoundResult['outcomes'] = []): RoundResult {
  const doubt = { untilMs: 0, addresses: '', lastLookMs: 0 }
  const reading = { demand: [], skipped: [], unknownWording: [], strangeNames: [] }
  const sight = { ...reading, containers: [], nodes: [], session: undefined, doubt }
  return { sight, waiting: [], world: undefined, decision: { actions: [], slots, waiting: [] }, outcomes }
}

function slot(phase: Phase, node: Partial<ObservedNode> = {}): Slot {
  return {
    name: 'ann-1',
    node: { ...blankNode('ann-1'), ...node },
    container: undefined,
    surplus: [],
    phase,
  }
}

/** What is said when the slot goes from one phase to the next. */
function saidOf(was: Slot | undefined, is: Slot): string[] {
  return lines({ last: result(was ? [was] : []) }, { last: result([is]) })
}

function outcome(action: Action, error?: unknown): RoundResult['outcomes'] {
  return [{ action, error }]
}

describe('a slot', () => {
  const app = { builds: ['http://jenkins.test/job/team/job/app/41/'] }
  const monitor = {
    temporarilyOffline: true,
    offlineReason: 'Disk space is below threshold',
    offlineCauseKind: 'hudson.node_monitors.DiskSpaceMonitorDescriptor$DiskSpace',
  }
  test.each<[string, Slot | undefined, Slot, string[]]>([
    ['comes online', slot('starting'), slot('idle'), ['ann-1: online']],
    ['builds', slot('idle'), slot('busy', app), ['ann-1: builds team/app #41']],
    ['builds what we may not see', slot('idle'), slot('busy'), ['ann-1: builds something']],
    ['is done', slot('busy', app), slot('idle'), ['ann-1: build ended']],
    [
      'builds the next at once',
      slot('busy', app),
      slot('busy', { builds: ['http://jenkins.test/job/lib/7/'] }),
      ['ann-1: builds lib #7'],
    ],
    [
      'is held by a person',
      slot('registered'),
      slot('held', { offlineReason: 'maintenance' }),
      ['warn: ann-1: marked offline in Jenkins (maintenance); left alone'],
    ],
    [
      'is held by a person of few words',
      slot('registered'),
      slot('held'),
      ['warn: ann-1: marked offline in Jenkins (no reason given); left alone'],
    ],
    [
      'is taken',
      undefined,
      slot('taken'),
      [
        'warn: ann-1: a node of this name exists and is not ours; the slot stays unused (machine.name chooses another name)',
      ],
    ],
    [
      'is haunted',
      slot('registered'),
      slot('haunted'),
      ['warn: ann-1: an agent is connected that no container of this engine runs'],
    ],
    [
      'is awaited',
      slot('busy', app),
      slot('awaited', app),
      ['warn: ann-1: a build waits there for a container that is gone'],
    ],
    [
      'loses its node',
      slot('busy', app),
      slot('unlisted'),
      ['warn: ann-1: its node was deleted in Jenkins while the container runs'],
    ],
    [
      'is marked by a monitor',
      slot('busy', app),
      slot('finishing', { ...app, ...monitor }),
      ['warn: ann-1: Jenkins took it offline by itself (Disk space is below threshold)'],
    ],
    [
      'is marked by a monitor and done',
      slot('finishing', { ...app, ...monitor }),
      slot('stopping', monitor),
      [],
    ],
    ['is marked by us', slot('busy', app), slot('finishing', app), []],
    ['is registered', undefined, slot('registered'), []],
    ['stays as it is', slot('busy', app), slot('busy', app), []],
  ])('that %s', (_, was, is, said) => {
    expect(saidOf(was, is)).toEqual(said)
  })
})

describe('an action', () => {
  const plan = { slot: 'ann-1', template: 'default', size: { cpus: 2, memoryBytes: 2 ** 31 }, nodeLabels: [] }
  const open: Action = { kind: 'open', plan, because: 'app', nodeExists: true }
  const removal = { kind: 'remove', slot: 'ann-1', template: 'default', containerId: 'c1' } as const
  const refused = new UserError('the image may not run here', { hint: 'add it to images.allow' })

  const said = (outcomes: RoundResult['outcomes'], before: RoundResult['outcomes'] = []) =>
    lines({ last: result([], before) }, { last: result([], outcomes) })

  test('that changes what people see is told', () => {
    expect(said(outcome(open))).toEqual(['ann-1: started 2CPU2G for app'])
    expect(said(outcome({ kind: 'restore', plan, containerId: 'c1' }))).toEqual([
      'ann-1: node made again for its running container',
    ])
    expect(said(outcome({ ...removal, because: 'idle', failed: false }))).toEqual([
      'ann-1: container removed: idle',
    ])
    expect(said(outcome({ kind: 'disconnect', slot: 'ann-1', because: 'its agent lost it' }))).toEqual([
      'warn: ann-1: dead connection closed: its agent lost it',
    ])
  })

  test('of housekeeping is not, and a burial speaks for itself', () => {
    expect(said(outcome({ kind: 'park', slot: 'ann-1' }))).toEqual([])
    expect(said(outcome({ kind: 'register', slot: 'ann-1' }))).toEqual([])
    expect(said(outcome({ ...removal, because: 'it ended', failed: true }))).toEqual([])
  })

  test.each<[Action, string]>([
    [open, 'start a container'],
    [{ kind: 'register', slot: 'ann-1' }, 'register its node'],
    [{ kind: 'restore', plan, containerId: 'c1' }, 'make its node again'],
    [{ kind: 'mark', slot: 'ann-1', because: 'idle' }, 'mark its node offline'],
    [{ kind: 'unmark', slot: 'ann-1' }, 'take the offline mark off its node'],
    [{ kind: 'disconnect', slot: 'ann-1', because: 'x' }, 'close its dead connection'],
    [{ ...removal, because: 'idle', failed: false }, 'remove its container'],
    [{ kind: 'park', slot: 'ann-1' }, 'take the labels off its node'],
    [{ kind: 'unregister', slot: 'ann-1' }, 'take its node off the controller'],
  ])('that fails is told in words, with the cure: %o', (action, words) => {
    expect(said(outcome(action, refused))).toEqual([
      `warn: ann-1: could not ${words}: the image may not run here (add it to images.allow)`,
    ])
  })

  test('that fails again and again is told once', () => {
    expect(said(outcome(open, refused), outcome(open, refused))).toEqual([])
    expect(said(outcome(open, new RemoteError('timeout', 'no answer')), outcome(open, refused))).toHaveLength(
      1,
    )
  })
})

describe('trouble', () => {
  const away: Trouble = { side: 'controller', text: 'connection refused', isPassing: true }
  const refused: Trouble = { side: 'controller', text: 'the token is refused', isPassing: false }
  const engine: Trouble = { side: 'engine', text: 'the engine does not answer', isPassing: true }

  test('is told when it begins and when it ends', () => {
    expect(lines({}, { trouble: away })).toEqual(['warn: connection refused; builds go on, trying again'])
    expect(lines({ trouble: away }, {})).toEqual(['in touch again'])
  })

  test('is not told anew when only its words change, as they do while a controller restarts', () => {
    expect(lines({ trouble: away }, { trouble: { ...away, text: 'Jenkins is starting' } })).toEqual([])
  })

  test('is told anew when it is of another kind: somebody has to do something', () => {
    expect(lines({ trouble: away }, { trouble: refused })).toEqual([
      'warn: the token is refused; builds go on, trying again',
    ])
    expect(lines({ trouble: refused }, { trouble: { ...refused, text: 'a right is missing' } })).toHaveLength(
      1,
    )
    expect(lines({ trouble: refused }, { trouble: refused })).toEqual([])
  })

  test('of the engine is none of the controller', () => {
    expect(lines({ trouble: away }, { trouble: engine })).toEqual([
      'warn: the engine does not answer; trying again',
    ])
    expect(lines({ trouble: engine }, {})).toEqual(['the container engine answers again'])
  })
})

describe('the door', () => {
  const open = { openness: 'open', because: 'nothing speaks against lending' } as const

  test('is not worth a word while it is open', () => {
    expect(lines({}, { gate: open })).toEqual([])
  })

  test('is told of when it closes, with why and for how long', () => {
    expect(
      lines({ gate: open }, { gate: { openness: 'finishing', because: 'you paused it', untilMs: 600_000 } }),
    ).toEqual(['taking no more builds: you paused it, for 10m at most'])
    expect(lines({ gate: open }, { gate: { openness: 'closed', because: 'its time is up' } })).toEqual([
      'stopping containers: its time is up',
    ])
  })

  test('is told of when it opens', () => {
    expect(lines({ gate: { openness: 'finishing', because: 'you paused it' } }, { gate: open })).toEqual([
      'lending again',
    ])
  })

  test('is told of once while it stays as it is', () => {
    const paused = { openness: 'finishing', because: 'you paused it', untilMs: 600_000 } as const
    expect(lines({ gate: paused }, { gate: { ...paused, untilMs: 500_000 } })).toEqual([])
  })
})

test.each([
  ['http://jenkins.test/job/app/41/', 'app #41'],
  ['http://jenkins.test/ci/job/team/job/my%20app/job/main/7/', 'team/my app/main #7'],
  ['http://jenkins.test/job/100%/7/', '100% #7'],
  ['something else', 'something else'],
])('the build at %s is called %s', (url, name) => {
  expect(buildName(url)).toBe(name)
})
