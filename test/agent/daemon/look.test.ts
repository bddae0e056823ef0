import { describe, expect, test } from 'vitest'
import { sideOf } from '../../../agent/daemon/blame.ts'
import { type LookOptions, look, whyNotHere } from '../../../agent/daemon/look.ts'
import { formatNodeDescription } from '../../../agent/fleet/node-tag.ts'
import { parseLabelExpression } from '../../../agent/labels/parse.ts'
import { silentLog } from '../../../core/log.ts'
import { LendingStage } from '../../support/lending-stage.ts'
import { waitingFor } from '../../support/waiting-for.ts'

const bobsTag = formatNodeDescription({
  id: 'b0b',
  machine: 'bob',
  budget: { cpus: 8, memoryBytes: 2 ** 34 },
  slots: 4,
  features: [['linux', 'bob']],
})

/** A machine that has settled, and its next look. */
async function bench() {
  const stage = new LendingStage()
  await stage.start()
  await stage.pass(60_000)
  const { jenkins, docker: engine, clock, plan } = stage
  const before = {
    lastNodes: [...jenkins.store.values()],
    lastSession: jenkins.session,
    doubt: { untilMs: 0, addresses: '', lastLookMs: clock.now() },
  }
  jenkins.calls.length = 0
  const lookOnce = (over: Partial<LookOptions> = {}) =>
    look({
      jenkins,
      engine,
      clock,
      plan,
      log: silentLog,
      openness: 'open',
      strangers: {},
      intendedPauseMs: 10_000,
      isWatchful: false,
      interfaces: () => ({}),
      ...before,
      ...over,
    })
  return { stage, jenkins, engine, look: lookOnce }
}

/** A Pipeline that waits, with what Jenkins says of it. */
function saying(why: string, id = 1) {
  const { task } = waitingFor('')
  return waitingFor('', { id, why, task: { ...task, labelExpression: undefined } })
}

describe('one request is enough', () => {
  test('when the queue is empty', async () => {
    const { jenkins, look } = await bench()
    expect((await look()).nodes).toBeUndefined()
    expect(jenkins.calls).toEqual(['queue'])
  })

  test('when nothing in it could ever run here, or nothing may', async () => {
    const { jenkins, look } = await bench()
    jenkins.items = [waitingFor('windows')]
    await look()
    jenkins.items = [waitingFor('2CPU2G')]
    await look({ openness: 'finishing' })
    expect(jenkins.calls).toEqual(['queue', 'queue'])
  })

  test('when a name in it has been looked for already', async () => {
    const { jenkins, look } = await bench()
    jenkins.items = [saying('Waiting for next available executor on ‘windows’')]
    await look({ strangers: { windows: 1 } })
    expect(jenkins.calls).toEqual(['queue'])
  })
})

describe('the nodes are asked for as well', () => {
  test.each([
    ['when something is under way', { isWatchful: true }],
    ['when the controller was restarted', { lastSession: 'boot-0' }],
  ])('%s', async (_, over) => {
    const { jenkins, look } = await bench()
    expect((await look(over)).nodes).toHaveLength(1)
    expect(jenkins.calls).toEqual(['queue', 'nodes'])
  })

  test('when a build could run here', async () => {
    const { jenkins, look } = await bench()
    jenkins.items = [waitingFor('2CPU2G')]
    expect(await look()).toMatchObject({ demand: [{ title: 'app' }], nodes: [{ name: 'ann-1' }] })
  })

  test('when a container of ours runs', async () => {
    const { stage, jenkins, look } = await bench()
    stage.enqueue('2CPU2G')
    await stage.pass(20_000)
    jenkins.calls.length = 0
    await look()
    expect(jenkins.calls).toEqual(['queue', 'nodes'])
  })

  test('when the queue names a node that is newer than the last look, and what it is like is learned at once', async () => {
    const { jenkins, look } = await bench()
    jenkins.addNode('bob-1', { description: bobsTag, labels: ['linux', 'bob', '2CPU2G'], idle: false })
    jenkins.items = [saying('Waiting for next available executor on ‘bob-1’')]
    const { demand, strangeNames } = await look()
    expect(demand).toMatchObject([{ wants: { kind: 'expression', inferredFrom: 'bob-1' } }])
    expect(strangeNames).toEqual([])
  })
})

test('an agent is heard after its node was seen, and only in doubt', async () => {
  const { stage, engine, look } = await bench()
  stage.enqueue('2CPU2G')
  await stage.pass(20_000)
  stage.agentGivesUp('ann-1')
  const doubt = { untilMs: 0, addresses: '', lastLookMs: stage.clock.now() }
  expect(await look({ doubt })).toMatchObject({ containers: [{ link: 'unknown' }] })
  expect(await look({ doubt: { ...doubt, lastLookMs: 0 } })).toMatchObject({
    containers: [{ link: 'connecting' }],
  })
  expect(engine.calls.at(-1)).toBe('logs')
})

test('whoever does not answer is blamed for it', async () => {
  const { jenkins, engine, look } = await bench()
  jenkins.goAway()
  const blamed = () => look().then(undefined, sideOf)
  expect(await blamed()).toBe('controller')
  jenkins.heal()
  engine.setAway(true)
  expect(await blamed()).toBe('engine')
})

describe('why a build cannot run here', () => {
  const reason = async (label: string) => {
    const { stage } = await bench()
    const wants = { kind: 'expression', expression: parseLabelExpression(label) } as const
    return whyNotHere({ itemId: 1, title: 'app', waitingSinceMs: 0, wants }, stage.plan)
  }

  test('is told when a label is missing, excluded, or too large', async () => {
    expect(await reason('windows')).toContain('no template here has windows')
    expect(await reason('!linux')).toContain('the label excludes linux')
    expect(await reason('9CPU1G')).toContain('machine.cpus')
  })

  test('is nothing when it can, in whichever slot', async () => {
    for (const label of ['2CPU2G', 'linux&&amd64', 'ann-4', '!ann-1', '8CPU16G']) {
      expect(await reason(label), label).toBeUndefined()
    }
  })
})
