import { describe, expect, test } from 'vitest'
import type { Sight } from '../../../agent/daemon/look.ts'
import { freshMind, isEnding, learnFrom, remember } from '../../../agent/daemon/mind.ts'
import { endingKey, slotKey, templateKey } from '../../../agent/slots/recollect.ts'
import type { Action } from '../../../agent/world.ts'
import { RemoteError, UserError } from '../../../core/errors.ts'
import { Secret } from '../../../core/secret.ts'

const plan = { slot: 'ann-1', template: 'default', size: { cpus: 1, memoryBytes: 1 }, nodeLabels: [] }
const open: Action = { kind: 'open', plan, because: 'app', nodeExists: true }
const removal = (failed: boolean): Action => ({
  kind: 'remove',
  slot: 'ann-1',
  template: 'default',
  containerId: 'c1',
  because: 'x',
  failed,
})
const refused = new UserError('the image may not run here')
const away = new RemoteError('timeout', 'no answer within 20 s')

/** What rests after these outcomes. */
function resting(...outcomes: [Action, Error | undefined][]): string[] {
  const mind = freshMind()
  learnFrom(
    outcomes.map(([action, error]) => ({ action, error })),
    mind,
    0,
  )
  return Object.keys(mind.recollection.setbacks)
}

function sight(over: Partial<Sight> = {}): Sight {
  return {
    containers: [],
    nodes: undefined,
    demand: [],
    skipped: [],
    unknownWording: [],
    strangeNames: [],
    session: 'boot-1',
    doubt: { untilMs: 0, addresses: '', lastLookMs: 0 },
    ...over,
  }
}

describe('what is learned from what became of an action', () => {
  test('a start that was refused lets slot and template rest', () => {
    expect(resting([open, refused])).toEqual([slotKey('ann-1'), templateKey('default')])
  })

  test('a start that met with silence lets the slot rest: the template is not to blame', () => {
    expect(resting([open, away])).toEqual([slotKey('ann-1')])
  })

  test('a container that never connected lets both rest', () => {
    expect(resting([removal(true), undefined])).toEqual([slotKey('ann-1'), templateKey('default')])
  })

  test('a container that failed after it had been connected lets nothing rest: its build may have killed it', () => {
    const mind = freshMind()
    mind.recollection = { ...mind.recollection, connectedOnce: { c1: true } }
    learnFrom([{ action: removal(true), error: undefined }], mind, 0)
    expect(mind.recollection.setbacks).toEqual({})
  })

  test('an ending that failed lets only endings rest, and one that succeeded ends that', () => {
    const mark: Action = { kind: 'mark', slot: 'ann-1', because: 'idle' }
    expect(resting([mark, away])).toEqual([endingKey('ann-1')])
    expect(resting([mark, away], [mark, undefined])).toEqual([])
  })

  test('anything else that failed lets its slot rest', () => {
    expect(resting([{ kind: 'register', slot: 'ann-1' }, refused])).toEqual([slotKey('ann-1')])
    expect(resting([{ kind: 'restore', plan, containerId: 'c1' }, away])).toEqual([slotKey('ann-1')])
    expect(resting([{ kind: 'park', slot: 'ann-1' }, away])).toEqual([slotKey('ann-1')])
  })

  test('a guess that was started is remembered; one that failed may be tried again', () => {
    const mind = freshMind()
    const guess: Action = { ...open, guessFor: 7 }
    learnFrom([{ action: guess, error: away }], mind, 5)
    expect(mind.recollection.guesses).toEqual({})
    learnFrom([{ action: guess, error: undefined }], mind, 5)
    expect(mind.recollection.guesses).toEqual({ 7: 5 })
  })
})

describe('what a look leaves behind', () => {
  test('a name that no node has is remembered for ten minutes after it was last seen', () => {
    const mind = freshMind()
    remember(sight({ strangeNames: ['linux'] }), mind, 0)
    remember(sight({ strangeNames: ['linux'] }), mind, 300_000)
    remember(sight(), mind, 899_999)
    expect(mind.strangers).toEqual({ linux: 300_000 })
    remember(sight(), mind, 900_000)
    expect(mind.strangers).toEqual({})
  })

  test('secrets are fetched anew from a controller that was restarted: it may have another home', () => {
    const mind = freshMind()
    remember(sight(), mind, 0)
    mind.secrets.set('ann-1', new Secret('one-secret'))
    remember(sight(), mind, 1)
    expect(mind.secrets.size).toBe(1)
    remember(sight({ session: 'boot-2' }), mind, 2)
    expect(mind.secrets.size).toBe(0)
  })
})

test('endings are what gives the machine back', () => {
  const kinds = ['mark', 'remove', 'unregister', 'open', 'park', 'register'] as const
  const endings = kinds.filter((kind) => isEnding({ ...removal(false), kind } as Action))
  expect(endings).toEqual(['mark', 'remove', 'unregister'])
})
