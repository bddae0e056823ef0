import { describe } from 'vitest'
import { Secret } from '../../core/secret.ts'
import { connectJenkins } from '../../jenkins/connect.ts'
import { killSlotContainer } from './kill-container.ts'
import { serveScenarios } from './scenarios.ts'
import { type Stage, uniquePrefix } from './stage.ts'

/**
 * The same scenarios against a controller of yours. They make jobs and nodes called footman-test-…, remove them again, and
 * restart the controller once.
 */
const {
  FOOTMAN_TEST_JENKINS_URL: url,
  FOOTMAN_TEST_JENKINS_USER: user,
  FOOTMAN_TEST_JENKINS_TOKEN: token,
} = process.env
const image = process.env.FOOTMAN_TEST_JENKINS_IMAGE
const network = process.env.FOOTMAN_TEST_JENKINS_NETWORK
const agentUrl = process.env.FOOTMAN_TEST_JENKINS_AGENT_URL

if (!url || !user || !token) {
  process.stderr.write(
    'skipped: no real controller is named; set FOOTMAN_TEST_JENKINS_URL, FOOTMAN_TEST_JENKINS_USER and FOOTMAN_TEST_JENKINS_TOKEN ' +
      '(an administrator), and where they differ FOOTMAN_TEST_JENKINS_IMAGE, FOOTMAN_TEST_JENKINS_NETWORK and FOOTMAN_TEST_JENKINS_AGENT_URL\n',
  )
}

describe.skipIf(!url || !user || !token)(`the agent, with real containers and ${url}`, () => {
  const stage = realStage(url ?? '', user ?? '', token ?? '')
  serveScenarios({ stage: () => stage, killContainer: killSlotContainer })
})

function realStage(root: string, name: string, text: string): Stage {
  const lazy = () => connectJenkins({ url: root, user: name, token: new Secret(text) })
  let jenkins: Stage['jenkins'] | undefined
  return {
    get jenkins() {
      jenkins ??= lazy()
      return jenkins
    },
    user: name,
    token: text,
    prefix: uniquePrefix(),
    template: { ...(image && { image }), ...(network && { network }), size: '1CPU1G' },
    controllerSettings: { ...(agentUrl && { agentUrl }) },
    pull: 'missing',
    images: image ? [image] : ['jenkins/inbound-agent:*'],
    restart: async () => {
      jenkins ??= lazy()
      await jenkins.restart()
    },
  }
}
