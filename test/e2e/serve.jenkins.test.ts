import { describe } from 'vitest'
import { killSlotContainer } from './kill-container.ts'
import { namedController, realStage } from './real-stage.ts'
import { serveScenarios } from './scenarios.ts'

/**
 * The same scenarios against a controller of yours. They make jobs and nodes called footman-test-…, remove them again, and
 * restart the controller once.
 */
const controller = namedController()

describe.skipIf(!controller)(`the agent, with real containers and ${controller?.url}`, () => {
  const stage = realStage(controller)
  serveScenarios({ stage: () => stage, killContainer: killSlotContainer })
})
