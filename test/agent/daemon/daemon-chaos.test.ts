import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addSizes, parseSizeLabel } from '../../../agent/labels/size.ts'
import { RemoteError } from '../../../core/errors.ts'
import { LendingStage } from '../../support/lending-stage.ts'
import { spoiled } from '../../support/spoiled.ts'

const minute = 60_000
const lost = new RemoteError('timeout', 'no answer within 20 s')

/** What may happen in between, with how many builds there are to come. */
const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant('build' as const), label: label() }) },
  { weight: 3, arbitrary: fc.constant({ what: 'ends' as const }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('kill', 'exit', 'restart', 'pause', 'resume').map((what) => ({ what })),
  },
)

function label() {
  return fc.constantFrom(
    '1CPU1G',
    '2CPU2G',
    '4CPU8G',
    '8CPU16G',
    'linux',
    'ann-2',
    '2CPU2G||4CPU8G',
    '!ann-1',
  )
}

interface Story {
  happenings: ({ what: string; label?: string } | { what: string })[]
  /** Of each call to controller or engine: whether it fails, and how; repeated as long as it takes. */
  fates: ('fine' | 'before' | 'after')[]
  pauses: number[]
}

const story: fc.Arbitrary<Story> = fc.record({
  happenings: fc.array(happening, { minLength: 5, maxLength: 25 }),
  fates: fc.array(
    fc.oneof(
      { weight: 12, arbitrary: fc.constant('fine' as const) },
      { weight: 1, arbitrary: fc.constantFrom('before' as const, 'after' as const) },
    ),
    { minLength: 40, maxLength: 200 },
  ),
  pauses: fc.array(fc.integer({ min: 200, max: 40_000 }), { minLength: 5, maxLength: 10 }),
})

async function play({ happenings, fates, pauses }: Story): Promise<void> {
  let calls = 0
  let isChaos = true
  const fate = () => {
    const one = isChaos ? fates[calls++ % fates.length] : 'fine'
    return one === 'fine' ? undefined : one
  }
  const stage = new LendingStage({
    edges: ({ jenkins, engine }) => ({
      jenkins: spoiled(jenkins, lost, fate),
      engine: spoiled(engine, lost, fate),
    }),
  })
  stage.docker.onStart(() => checkLimits(stage))
  await stage.start()
  for (const [index, event] of happenings.entries()) {
    await happen(stage, event)
    await stage.pass(pauses[index % pauses.length] ?? minute)
  }
  isChaos = false
  stage.gate = { openness: 'open', because: '' }
  for (let round = 0; round < 60 && stage.jenkins.items.length > 0; round++) {
    await stage.pass(30_000)
    endBuilds(stage)
  }
  expect(stage.jenkins.items.map(({ task }) => task.name)).toEqual([])
  endBuilds(stage)
  await stage.pass(15 * minute)
  expect(stage.containers).toEqual([])
  for (const node of stage.jenkins.store.values()) {
    expect(node).toMatchObject({ labels: [], temporarilyOffline: false })
  }
  stage.daemon.leave(minute)
  await stage.clock.advance(10_000)
  expect([...stage.jenkins.store.keys()]).toEqual([])
  await stage.kill()
}

async function happen(stage: LendingStage, event: Story['happenings'][number]): Promise<void> {
  const running = stage.containers.filter(({ status }) => status === 'running')
  switch (event.what) {
    case 'build':
      if ('label' in event && event.label)
        stage.enqueue(event.label, event.label.length % 2 ? 'pipeline' : 'freestyle')
      return
    case 'ends':
      return endBuilds(stage)
    case 'exit':
      if (running[0]) stage.docker.exit(running[0].id, 1)
      return
    case 'restart':
      await stage.jenkins.restart()
      for (const { slot = '' } of running) if (stage.jenkins.store.has(slot)) stage.agentConnects(slot)
      return
    case 'pause':
      stage.gate = { openness: 'finishing', because: 'you paused it' }
      return
    case 'resume':
      stage.gate = { openness: 'open', because: '' }
      return
    case 'kill':
      await stage.kill()
      await stage.start()
  }
}

function endBuilds(stage: LendingStage): void {
  for (const name of stage.jenkins.store.keys()) stage.jenkins.setBuilds(name, [])
}

/** What must hold whenever a container starts. */
function checkLimits(stage: LendingStage): void {
  const running = stage.containers.filter(({ status }) => status === 'running')
  const slots = running.map(({ slot }) => slot)
  expect(new Set(slots).size).toBe(slots.length)
  const sizes = running.map(({ labels }) => parseSizeLabel(labels['io.footman.size'] ?? ''))
  const used = addSizes(...sizes.filter((size) => size !== undefined))
  expect(used.cpus).toBeLessThanOrEqual(8)
  expect(used.memoryBytes).toBeLessThanOrEqual(16 * 2 ** 30)
  for (const slot of slots) expect(stage.jenkins.store.has(slot ?? '')).toBe(true)
}

test('whatever fails, dies and is asked for in between: limits are kept, every build is served, and nothing is left', async () => {
  await fc.assert(fc.asyncProperty(story, play), { numRuns: Number(process.env.FOOTMAN_TEST_RUNS ?? 6) })
}, 60_000)
