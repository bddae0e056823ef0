import { afterAll, beforeAll, describe } from 'vitest'
import { killSlotContainer } from './kill-container.ts'
import { type PracticeStage, practiceStage } from './practice-stage.ts'
import { serveScenarios } from './scenarios.ts'
import { swarmScenarios } from './swarm-scenarios.ts'

let stage: PracticeStage

beforeAll(async () => {
  stage = await practiceStage({ settings: { transport: 'swarm' } })
})

afterAll(async () => {
  await stage.close()
})

describe('the agent registered by the Swarm plugin, with real containers and the practice controller', () => {
  serveScenarios({ stage: () => stage, killContainer: killSlotContainer })

  swarmScenarios(() => stage)
})
