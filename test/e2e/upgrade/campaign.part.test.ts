import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runOrThrow } from '../../../core/process.ts'
import { seeded } from '../../agent/fleet-laptop.ts'
import { type PrivateEngine, privateEngine } from '../../support/private-engine.ts'
import { engineRestarts, killCases, randomKills, variantCases } from './cases.ts'
import { type Episode, play } from './episode.ts'
import { difference } from './home-listing.ts'
import { type Theatre, theatre } from './theatre.ts'

/** The same seed chooses the same moments; what falls between them is up to the machine. */
const seed = Number(process.env.FOOTMAN_TEST_SEED ?? Date.now() % 1_000_000)
const random = seeded(seed)

/** What chance found once is a failure, whether or not chance finds it again. */
const options = { timeout: 900_000, retry: 0 }

let engine: PrivateEngine
const theatres: Theatre[] = []
let played = 0

beforeAll(async () => {
  engine = await privateEngine(213)
  theatres.push(await theatre({ engine, name: 'left', files: 300, bytes: 300_000 }))
  theatres.push(await theatre({ engine, name: 'right', files: 300, bytes: 300_000 }))
}, 180_000)

afterAll(async () => {
  say(`${played} cases in all; seed ${seed}, to be repeated with FOOTMAN_TEST_SEED`)
  for (const one of theatres) await one.dispose()
  await engine?.dispose()
  // The large home is there many times over.
}, 300_000)

describe('upgrades of a controller in a real engine, whatever happens', () => {
  it('every kind of bad version, in the phase where it bites', options, async () => {
    expect(await playAll(variantCases())).toEqual([])
  })

  it('footman killed before and after each entry of its journal, and at random', options, async () => {
    expect(await playAll([...killCases(), ...randomKills(8, random)])).toEqual([])
  })

  it('the engine stopped, or killed, in the middle', options, async () => {
    // It would hit the other one as well.
    expect(await playAll(engineRestarts(engine), theatres.slice(0, 1))).toEqual([])
  })

  it('a store that is full: before the upgrade, and in the middle of it', options, async () => {
    const [stage] = theatres
    if (!stage) throw new Error('there is no stage')
    const disk = await mkdtemp(join(tmpdir(), 'footman-store-'))
    await runOrThrow(['mount', '-t', 'tmpfs', '-o', 'size=8m', 'footman-test', disk], { timeoutMs: 10_000 })
    const fill = (bytes: number) => writeFile(join(disk, 'filler'), Buffer.alloc(bytes))
    const adjust: Episode['adjust'] = ({ backups }) => {
      backups.store = disk
    }
    try {
      await fill(8 * 2 ** 20 - 200_000)
      const before = await play(stage, {
        title: 'full before',
        offer: {},
        adjust,
        leaves: 'old',
        outcome: 'refused',
      })
      await fill(0)
      const during: Episode['during'] = (phase) =>
        phase === 'warm-copy' ? fill(8 * 2 ** 20 - 200_000) : undefined
      const inTheMiddle = await play(stage, {
        title: 'full in the middle',
        offer: {},
        adjust,
        during,
        leaves: 'old',
      })
      played += 2
      expect([...before, ...inTheMiddle]).toEqual([])
    } finally {
      await runOrThrow(['umount', '-l', disk], { timeoutMs: 10_000 })
      await rm(disk, { recursive: true })
    }
  })

  it('two at once: the second leaves with exit code 4 and touches nothing', options, async () => {
    const [stage] = theatres
    if (!stage) throw new Error('there is no stage')
    let second: Promise<{ exitCode: number | null }> | undefined
    const wrong = await play(stage, {
      title: 'two at once',
      offer: {},
      during: async (phase) => {
        if (phase === 'quiesce') second ??= stage.run({})
        await second
      },
      leaves: 'new',
      outcome: 'upgraded',
    })
    played++
    expect(wrong).toEqual([])
    expect((await second)?.exitCode).toBe(4)
  })

  it('a rollback by hand puts the home back as it was before the upgrade', options, async () => {
    const [stage] = theatres
    if (!stage) throw new Error('there is no stage')
    const before = await stage.running()
    const listing = await stage.listing()
    const upgraded = await play(stage, {
      title: 'to go back from',
      offer: { variant: 'corrupts' },
      leaves: 'new',
    })
    expect(difference(listing, await stage.listing())).not.toEqual([])
    const { outcome } = await stage.run({ act: 'rollback' })
    played += 2
    expect(upgraded).toEqual([])
    expect(outcome).toMatchObject({ kind: 'restored', to: { version: before.version } })
    expect(await stage.check({ versions: [before.version], listing })).toEqual([])
  })
})

describe('the same with a home of 50,000 files', () => {
  it('is upgraded, undone and killed without a byte lost', options, async () => {
    const stage = await theatre({ engine, name: 'large', files: 50_000, bytes: 100_000_000 })
    theatres.push(stage)
    const cases: Episode[] = [
      { title: 'large, healthy', offer: {}, leaves: 'new', outcome: 'upgraded' },
      {
        title: 'large, breaks, and footman is killed while it undoes that',
        offer: { variant: 'corrupts-and-breaks' },
        errand: { kill: { entry: 'restored', when: 'before' } },
        leaves: 'old',
      },
    ]
    expect(await playAll(cases, [stage])).toEqual([])
  })
})

/** Plays the cases on all stages at the same time, each case on the next stage that is free. */
async function playAll(
  episodes: readonly Episode[],
  stages: readonly Theatre[] = theatres,
): Promise<string[]> {
  const queue = [...episodes]
  const wrong: string[] = []
  const work = async (stage: Theatre) => {
    for (let episode = queue.shift(); episode; episode = queue.shift()) {
      const startedAt = performance.now()
      const found = await play(stage, episode).catch((error: unknown) => [
        `${episode?.title}: ${String(error)}`,
      ])
      played++
      wrong.push(...found)
      const took = ((performance.now() - startedAt) / 1000).toFixed(1)
      say(`${stage.name}: ${episode.title}: ${found.length === 0 ? 'good' : found.join('; ')}, ${took} s`)
    }
  }
  await Promise.all(stages.map(work))
  say(`${episodes.length} cases, ${wrong.length} complaints`)
  return wrong
}

function say(text: string): void {
  process.stderr.write(`campaign of upgrades: ${text}\n`)
}
