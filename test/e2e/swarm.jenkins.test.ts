import { describe } from 'vitest'
import { killSlotContainer } from './kill-container.ts'
import { namedController, realStage } from './real-stage.ts'
import { serveScenarios } from './scenarios.ts'
import { swarmScenarios } from './swarm-scenarios.ts'

/** Nodes that the Swarm plugin of a controller of yours registers. */
const controller = namedController()
const hasPlugin = controller !== undefined && (await realStage(controller).jenkins.hasSwarmPlugin())

if (controller && !hasPlugin) process.stderr.write(`skipped: ${controller.url} has no Swarm plugin\n`)

describe.skipIf(!hasPlugin)(
  `the agent registered by the Swarm plugin, with real containers and ${controller?.url}`,
  () => {
    const stage = realStage(controller, { settings: { transport: 'swarm' } })
    serveScenarios({ stage: () => stage, killContainer: killSlotContainer })
    swarmScenarios(() => stage)
  },
)
