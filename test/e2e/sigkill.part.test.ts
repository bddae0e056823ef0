import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../support/until.ts'
import type { AgentProcess } from './agent-process.ts'
import { type Campaign, isHalfDone, play } from './campaign/campaign.ts'
import { planMoments, strike } from './campaign/moments.ts'
import { type PracticeStage, practiceStage } from './practice-stage.ts'

/** The same seed makes the same builds and chooses the same moments; what falls between them is up to the machine. */
const seed = Number(process.env.FOOTMAN_TEST_SEED ?? Date.now() % 1_000_000)

/** Builds that wait or run at any time. */
const loadOf = 6

let stage: PracticeStage

beforeAll(async () => {
  stage = await practiceStage()
})

afterAll(async () => {
  await stage.close()
})

describe('the agent under load, with real containers and the practice controller', () => {
  const timeout = 540_000

  it('is killed at 50 moments and loses no build, no container and no node', { timeout }, async () => {
    say(`seed ${seed}, to be repeated with FOOTMAN_TEST_SEED`)
    await play({ stage, seed, longOnes: 8 }, async (campaign) => {
      const { home, load, random } = campaign
      const tally = { kills: 0, inside: 0, late: 0, carried: new Set<string>() }
      for (const moment of planMoments(random)) {
        load.feed(loadOf)
        const isOnTime = await strike(moment, { ...campaign, agent: home.run() })
        const isUnanswered = isOnTime && moment.after === 'unanswered'
        tally.kills++
        if (isUnanswered || (await isHalfDone(campaign))) tally.inside++
        if (!isOnTime) tally.late++
        for (const job of load.pipelinesOnNodes()) tally.carried.add(job)
        await campaign.check()
        await delay(random() * 2_000)
      }
      const agent = await home.lend()
      await untilServed(campaign, agent)
      await leave(campaign, agent)

      const served = load.served()
      say(
        `${tally.kills} kills, ${tally.inside} of them inside an action, ${tally.late} later than planned; ` +
          `${served.length} builds, ${tally.carried.size} Pipelines carried through a kill; ` +
          `${campaign.watch.samples} looks, at most ${campaign.watch.peak.cpus} CPUs in use`,
      )
      expect(served.filter(({ results }) => String(results) !== 'SUCCESS')).toEqual([])
      expect(served.filter(({ begun, done }) => begun !== 1 || done !== 1)).toEqual([])
      expect(tally.inside).toBeGreaterThanOrEqual(tally.kills / 3)
      expect(tally.carried.size).toBeGreaterThan(0)
    })
  })
})

async function untilServed({ load }: Campaign, agent: AgentProcess): Promise<void> {
  await until('every build is served', () => load.open().length === 0, { withinMs: 180_000 }).catch(
    (error) => {
      const open = load.open().map(({ job }) => job)
      throw new Error(`${open.join(', ')} still open; the agent says:\n${agent.said}`, { cause: error })
    },
  )
}

async function leave(campaign: Campaign, agent: AgentProcess): Promise<void> {
  const { exitCode, stderr } = await campaign.home.call('agent', 'stop')
  expect(exitCode, stderr).toBe(0)
  expect(await agent.end()).toBe(0)
  await campaign.check()
  expect(await campaign.left()).toEqual([])
}

function say(text: string): void {
  process.stderr.write(`sigkill: ${text}\n`)
}
