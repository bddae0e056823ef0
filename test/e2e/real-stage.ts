import { Secret } from '../../core/secret.ts'
import { connectJenkins } from '../../jenkins/connect.ts'
import { type Stage, uniquePrefix } from './stage.ts'

/** A real controller, as the environment names it. */
export interface NamedController {
  url: string
  user: string
  token: string
}

/** Undefined, with the reason on stderr, when none is named. */
export function namedController(env: NodeJS.ProcessEnv = process.env): NamedController | undefined {
  const {
    FOOTMAN_TEST_JENKINS_URL: url,
    FOOTMAN_TEST_JENKINS_USER: user,
    FOOTMAN_TEST_JENKINS_TOKEN: token,
  } = env
  if (url && user && token) return { url, user, token }
  process.stderr.write(
    'skipped: no real controller is named; set FOOTMAN_TEST_JENKINS_URL, FOOTMAN_TEST_JENKINS_USER and FOOTMAN_TEST_JENKINS_TOKEN ' +
      '(an administrator), and where they differ FOOTMAN_TEST_JENKINS_IMAGE, FOOTMAN_TEST_JENKINS_NETWORK and FOOTMAN_TEST_JENKINS_AGENT_URL\n',
  )
  return undefined
}

export interface RealStageOptions {
  /** Further parts of agent.yaml. */
  settings?: Record<string, unknown>
  /** In place of FOOTMAN_TEST_JENKINS_IMAGE, and then in the engine's own network. */
  image?: string
}

/** A stage on a real controller. Connects with its first request: a stage is also declared where there is no controller. */
export function realStage(
  { url, user, token }: NamedController = { url: 'http://nowhere.invalid/', user: '', token: '' },
  { settings = {}, image: wanted }: RealStageOptions = {},
): Stage {
  const {
    FOOTMAN_TEST_JENKINS_IMAGE: named,
    FOOTMAN_TEST_JENKINS_NETWORK: network,
    FOOTMAN_TEST_JENKINS_AGENT_URL: agentUrl,
  } = process.env
  const image = wanted ?? named
  let jenkins: Stage['jenkins'] | undefined
  const connected = () => {
    jenkins ??= connectJenkins({ url, user, token: new Secret(token) })
    return jenkins
  }
  return {
    get jenkins() {
      return connected()
    },
    user,
    token,
    prefix: uniquePrefix(),
    template: { ...(image && { image }), ...(network && !wanted && { network }), size: '1CPU1G' },
    controllerSettings: { ...(agentUrl && { agentUrl }) },
    settings,
    pull: 'missing',
    images: image ? [image] : ['jenkins/inbound-agent:*'],
    restart: () => connected().restart(),
  }
}
