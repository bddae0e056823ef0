import type { JenkinsHttp } from './http.ts'
import type { ControllerState, Identity, Jenkins } from './jenkins.ts'
import { rootAnswer, rootTree, whoAmIAnswer } from './schema.ts'

/** The controller as a whole, and who we are to it. */
export function rootCalls(http: JenkinsHttp, now: () => number): Pick<Jenkins, 'whoAmI' | 'root'> {
  return {
    whoAmI: (signal) => whoAmI(http, signal),
    root: (signal) => readRoot(http, now, signal),
  }
}

/** Works without any permission. Anonymous counts as authenticated there, so only `anonymous` tells. */
async function whoAmI(http: JenkinsHttp, signal?: AbortSignal): Promise<Identity> {
  const { name, anonymous, authorities } = await http.json(whoAmIAnswer, {
    doing: 'find out who we are to Jenkins',
    path: 'whoAmI/api/json',
    signal,
  })
  return { name, anonymous, authorities }
}

async function readRoot(
  http: JenkinsHttp,
  now: () => number,
  signal?: AbortSignal,
): Promise<ControllerState> {
  const ask = { doing: 'read the state of Jenkins', path: 'api/json', query: { tree: rootTree }, signal }
  const askedAt = now()
  const answer = await http.ask(ask)
  const answeredAt = now()
  const root = http.read(rootAnswer, ask, answer)
  return {
    version: http.seen?.version ?? 'unknown',
    session: http.seen?.session ?? '',
    quietingDown: root.quietingDown,
    ...(root.quietDownReason !== undefined && { quietDownReason: root.quietDownReason }),
    agentPort: root.slaveAgentPort,
    usesCrumbs: root.useCrumbs,
    rootUrl: root.url,
    builtInExecutors: root.numExecutors,
    clockSkewMs: clockSkew(answer.headers.date, (askedAt + answeredAt) / 2),
  }
}

/** The Date header is cut to whole seconds, so half a second is added: the result is within about a second of the truth. */
function clockSkew(date: string | undefined, ourTime: number): number | undefined {
  const theirTime = Date.parse(date ?? '')
  return Number.isNaN(theirTime) ? undefined : Math.round(theirTime + 500 - ourTime)
}
