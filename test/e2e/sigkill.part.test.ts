import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../../core/process.ts'
import { pick } from '../agent/fleet-laptop.ts'
import { until } from '../support/until.ts'
import type { AgentProcess } from './agent-process.ts'
import { type Campaign, isHalfDone, play } from './campaign/campaign.ts'
import { planMoments, strike } from './campaign/moments.ts'
import { type PracticeStage, practiceStage } from './practice-stage.ts'

/** The same seed makes the same builds and chooses the same moments; what falls between them is up to the machine. */
const seed = Number(process.env.FOOTMAN_TEST_SEED ?? Date.now() % 1_000_000)

/** Most builds that wait or run at one time. */
const loadOf = 8

let stage: PracticeStage

beforeAll(async () => {
  stage = await practiceStage()
})

afterAll(async () => {
  await stage.close()
})

describe('the agent under load, with real containers and the practice controller', () => {
  // What chance found once is a failure, whether or not chance finds it again.
  const options = { timeout: 540_000, retry: 0 }

  it('is killed at 50 moments and loses no build, no container and no node', options, async () => {
    say(`seed ${seed}, to be repeated with FOOTMAN_TEST_SEED`)
    await play({ stage, seed, longOnes: 8 }, async (campaign) => {
      const { load, random, watch } = campaign
      const tally = { kills: 0, inside: 0, late: 0, carried: new Set<string>() }
      load.begin(loadOf)
      for (const moment of planMoments(random)) {
        const agent = campaign.start(`killed ${moment.delayMs} ms after ${moment.after}`)
        const isOnTime = await strike(moment, { ...campaign, agent })
        const isUnanswered = isOnTime && moment.after === 'unanswered'
        tally.kills++
        if (isUnanswered || (await isHalfDone(campaign))) tally.inside++
        if (!isOnTime) tally.late++
        for (const build of load.onNodes('pipeline')) tally.carried.add(build)
        await campaign.check()
        await delay(random() * 2_000)
      }
      load.end()
      const agent = campaign.start('the last one')
      await until('every build has ended', () => load.open().length === 0, { withinMs: 180_000 })
      await leave(campaign, agent)

      const served = load.served()
      say(
        `${tally.kills} kills, ${tally.inside} of them inside an action, ${tally.late} later than planned; ` +
          `${served.length} builds, ${tally.carried.size} Pipelines carried through a kill; ` +
          `${watch.samples} looks, at most ${watch.peak.cpus} CPUs in use`,
      )
      expect(load.failures()).toEqual([])
      expect(served.filter(({ results }) => String(results) !== 'SUCCESS')).toEqual([])
      expect(served.filter(({ begun, done }) => begun !== 1 || done !== 1)).toEqual([])
      expect(tally.inside).toBeGreaterThanOrEqual(tally.kills / 3)
      expect(tally.carried.size).toBeGreaterThan(0)
    })
  })

  it(
    'serves everything in the end while containers are killed and the controller restarts',
    options,
    async () => {
      await play({ stage, seed: seed + 1, longOnes: 3 }, async (campaign) => {
        const { load, random, controller, watch } = campaign
        const agent = campaign.start('lives through it all')
        const tally = { killed: 0, restarts: 0, again: 0 }
        const hit = new Set<string>()
        const harm = async () => {
          const isRestart = random() < 0.4
          if (!isRestart || random() < 0.3) {
            tally.killed += await killContainer(campaign, hit)
            await delay(isRestart ? random() * 1_000 : 0)
          }
          if (!isRestart) return
          tally.restarts++
          // Jenkins aborts these when it goes down, whatever an agent does.
          for (const build of load.onNodes('freestyle')) hit.add(build)
          await controller.restart({ downMs: 600 + random() * 2_400 })
        }
        load.begin(loadOf)
        for (let round = 0; round < 10; round++) {
          await delay(500 + random() * 4_000)
          await harm()
          await campaign.check()
          tally.again += load.retry()
        }
        load.end()
        const isServed = () => {
          tally.again += load.retry()
          return load.open().length === 0
        }
        await until('every build has succeeded', isServed, { withinMs: 240_000 })
        await leave(campaign, agent)

        const served = load.served()
        say(
          `${tally.killed} containers killed, ${tally.restarts} restarts of the controller; ` +
            `${served.length} builds, ${tally.again} of them again; ${watch.samples} looks`,
        )
        expect(load.failures().filter(({ build }) => !hit.has(build))).toEqual([])
      })
    },
  )
})

/**
 * Kills one of our containers, as the kernel or a careless person would, and notes whose builds were there until the
 * controller had heard of it. Returns how many were killed.
 */
async function killContainer(campaign: Campaign, hit: Set<string>): Promise<number> {
  const { containers, controller, load, random } = campaign
  const running = (await containers()).filter(({ status }) => status === 'running')
  if (running.length === 0) return 0
  const { id, labels } = pick(running, random)
  const slot = labels['io.footman.slot'] ?? ''
  const note = () => {
    for (const build of load.dependingOn(slot)) hit.add(build)
  }
  note()
  const stopNoting = controller.on(note)
  const { exitCode } = await run(['docker', 'kill', id], { timeoutMs: 20_000 })
  const isHeard = () => exitCode !== 0 || !controller.state.computers.get(slot)?.link
  await until('the controller hears that the agent is gone', isHeard, { everyMs: 10 })
  note()
  stopNoting()
  return exitCode === 0 ? 1 : 0
}

async function leave(campaign: Campaign, agent: AgentProcess): Promise<void> {
  const { exitCode, stderr } = await campaign.home.call('agent', 'stop')
  expect(exitCode, stderr).toBe(0)
  expect(await agent.end()).toBe(0)
  await campaign.check()
  expect(await campaign.left()).toEqual([])
}

function say(text: string): void {
  process.stderr.write(`campaign: ${text}\n`)
}
