import fc from 'fast-check'
import { expect, test } from 'vitest'
import { disarmed, nextSteps } from '../../../jenkins/upgrade/next-steps.ts'
import { always, forwardActs, id, World } from './model.ts'

/** Where a footman dies: after so many acts, and after each of so many steps of those who come to tidy up. */
const deaths = fc.record({
  kind: fc.constantFrom('upgrade' as const, 'rollback' as const),
  wasRunning: fc.boolean(),
  forward: fc.integer({ min: 1, max: forwardActs('upgrade').length }),
  engineRestarts: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 3 }),
  /** Of the steps that follow, by their number, the ones in whose middle it dies. */
  halves: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 8 }),
})

test('whenever footman dies and the engine restarts, one controller ends on its own home', () => {
  fc.assert(
    fc.property(deaths, ({ kind, wasRunning, forward, engineRestarts, halves }) => {
      const world = new World(kind === 'upgrade' || wasRunning)
      const acts = forwardActs(kind)
      for (const act of acts.slice(0, forward)) act(world)
      const isCommitted = forward >= acts.length
      for (let taken = 0; world.transaction; taken++) {
        if (taken > 100) throw new Error('it never ends')
        if (engineRestarts.includes(taken)) world.restartEngine()
        if (!world.transaction.commit && !world.transaction.undo) {
          world.note({
            entry: 'undo',
            reason: 'died',
            hint: undefined,
            outcome: 'rolled-back',
            isBlamed: false,
          })
        }
        const transaction = world.transaction
        const [step] = transaction ? nextSteps(transaction, world.observe()) : []
        if (!step) throw new Error('unfinished, and nothing is left to do')
        world.take(step, halves.includes(taken))
      }
      const { named, fresh, old, ...rest } = world.observe()
      expect(rest).toMatchObject({
        rehearsals: [],
        hasRehearsalVolume: false,
        helpers: [],
      })
      expect(named?.policy).toEqual(always)
      if (isCommitted) {
        expect(fresh).toEqual([named])
        expect(named?.running).toBe(true)
        expect(old).toMatchObject({ running: false, policy: disarmed, name: `jenkins-old-${id}` })
        return
      }
      expect(fresh).toEqual([])
      expect(old).toEqual(named)
      expect(world.home).not.toBe('touched by the new one')
      expect(world.home).not.toBe('half restored')
      expect(rest.tagged).toBe('old image')
      expect(world).toMatchObject({
        rollbackTag: false,
        pulledImage: false,
        quiet: false,
        isLeftoverInStore: false,
      })
      if (world.wasRunning) expect(named?.running).toBe(true)
    }),
    { numRuns: 600 },
  )
})

test('an old container that somebody removed meanwhile is made again by its recipe', () => {
  const world = new World()
  for (const act of forwardActs('upgrade').slice(0, -1)) act(world)
  world.boxes.delete('old')
  world.note({ entry: 'undo', reason: 'died', hint: undefined, outcome: 'rolled-back', isBlamed: false })
  const done: string[] = []
  while (world.transaction) {
    const [step] = nextSteps(world.transaction, world.observe())
    if (!step) break
    done.push(step.do)
    world.take(step, false)
  }
  expect(done).toEqual([
    'remove container',
    'restore the home',
    'make',
    'set policy',
    'start',
    'tag',
    'tidy',
    'end',
  ])
  expect(world.observe().named).toMatchObject({ running: true, policy: always })
})

test('a stranger with the name of the controller is left alone, and the old one is not started beside it', () => {
  const world = new World()
  const upToStart = forwardActs('upgrade').slice(0, -2)
  for (const act of upToStart) act(world)
  world.boxes.delete('new')
  world.boxes.set('strange', { ...world.box('old'), name: 'jenkins', kind: 'helper' })
  world.note({ entry: 'undo', reason: 'died', hint: undefined, outcome: 'rolled-back', isBlamed: false })
  const transaction = world.transaction
  if (!transaction) throw new Error('it is unfinished')
  const steps = nextSteps(transaction, { ...world.observe(), helpers: [] })
  expect(steps.map((step) => step.do)).toEqual(['give up'])
})

test('nothing is left to do for a transaction that has ended', () => {
  const world = new World()
  world.begin('upgrade')
  const transaction = world.transaction
  if (!transaction) throw new Error('it is unfinished')
  const end = {
    entry: 'end',
    outcome: 'refused',
    reason: '',
    downtimeMs: undefined,
    transaction: id,
    at: 1,
  } as const
  expect(nextSteps({ ...transaction, end }, world.observe())).toEqual([])
})
