import { describe } from 'vitest'
import { killSlotContainer } from './kill-container.ts'
import { namedController, realStage } from './real-stage.ts'
import { serveScenarios } from './scenarios.ts'
import { sshScenarios } from './ssh-scenarios.ts'

/** Agents that a controller of yours logs in to: it needs the plugins ssh-slaves and ssh-credentials, and a way to this machine. */
const controller = namedController()
const host = process.env.FOOTMAN_TEST_JENKINS_SSH_HOST
const image = process.env.FOOTMAN_TEST_JENKINS_SSH_IMAGE ?? 'jenkins/ssh-agent:jdk21'

if (controller && !host) {
  process.stderr.write(
    'skipped: FOOTMAN_TEST_JENKINS_SSH_HOST does not name the address at which the controller reaches this machine\n',
  )
}

describe.skipIf(!controller || !host)(
  `the agent over SSH, with real containers and ${controller?.url}`,
  () => {
    const stage = realStage(controller, { image, settings: { transport: 'ssh', ssh: { host } } })
    serveScenarios({ stage: () => stage, killContainer: killSlotContainer })
    sshScenarios(() => stage)
  },
)
