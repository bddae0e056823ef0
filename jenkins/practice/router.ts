import { same } from './auth.ts'
import { containerError, forbidden, notFound, sessionCookie } from './replies.ts'
import { jnlpJars, tcpSlaveAgentListener, wsagents } from './routes/agents.ts'
import { credentials } from './routes/credentials.ts'
import { health } from './routes/health.ts'
import { createJob, job } from './routes/jobs.ts'
import { label, overallLoad } from './routes/label.ts'
import {
  administerByPost,
  cancelQuietDown,
  exit,
  quietDown,
  restart,
  safeRestart,
} from './routes/lifecycle.ts'
import { nodes } from './routes/nodes.ts'
import { pluginManager } from './routes/plugins.ts'
import { queue } from './routes/queue.ts'
import {
  crumbField,
  crumbIssuer,
  frontPage,
  instanceIdentityPage,
  login,
  rootApi,
  whoAmI,
} from './routes/root.ts'
import { plugins, swarmDownloads } from './routes/swarm.ts'
import type { Call, Reply, Route, World } from './world.ts'

/** Every noun of the practice controller, by the first part of its path. */
const nouns: Record<string, Route> = {
  '': frontPage,
  api: rootApi,
  cancelQuietDown,
  computer: nodes,
  createItem: createJob,
  credentials,
  crumbIssuer,
  exit,
  health,
  'instance-identity': instanceIdentityPage,
  jnlpJars,
  job,
  label,
  login,
  overallLoad,
  plugin: plugins,
  pluginManager,
  queue,
  quietDown,
  reload: administerByPost,
  restart,
  safeExit: administerByPost,
  safeRestart,
  swarm: swarmDownloads,
  tcpSlaveAgentListener,
  whoAmI,
  wsagents,
}

/** Answers a call whose sender is known. A POST with a password needs a crumb, whatever else it lacks. */
export async function route(call: Call, world: World): Promise<Reply> {
  const uncrumbed = call.method === 'POST' ? missingCrumb(call, world) : undefined
  if (uncrumbed) return uncrumbed
  const [noun = '', ...rest] = call.segments
  const answer = Object.hasOwn(nouns, noun) ? nouns[noun] : undefined
  if (!answer) return forbidden(call, world, 'hudson.model.Hudson.Read') ?? notFound(call, world)
  return (await answer(call, world, rest)) ?? notFound(call, world)
}

/** jenkinsci/jenkins CrumbFilter.java. A crumb without a session is told one, though it will not help this time. */
function missingCrumb(call: Call, world: World): Reply | undefined {
  const { caller, httpSession } = call
  if (caller.byToken) return undefined
  const header = call.headers[crumbField.toLowerCase()]
  const offered = typeof header === 'string' ? header : call.form.get(crumbField)
  const isValid = httpSession && offered && same(world.sessions.crumb(caller.name, httpSession), offered)
  if (isValid) return undefined
  const cookie = offered ? sessionCookie(call, world) : {}
  return containerError(call, 403, 'No valid crumb was included in the request', cookie)
}
