import { exportRoot } from '../exported/root.ts'
import { instanceIdentity } from '../identity.ts'
import { api, containerError, forbidden, html, identityHeaders, page, sessionCookie } from '../replies.ts'
import { exported } from '../tree.ts'
import { viewerOf } from '../viewing.ts'
import type { Call, Reply, Route, World } from '../world.ts'

/** `/api/json`. */
export const rootApi: Route = (call, world) =>
  forbidden(call, world, 'hudson.model.Hudson.Read') ??
  api(call, world, exportRoot(viewerOf(call, world), world.agentPort))

/** `/`: what people see who open the practice controller in a browser. */
export const frontPage: Route = (call, world) =>
  forbidden(call, world, 'hudson.model.Hudson.Read') ??
  page(call, world, {
    status: 200,
    title: 'footman practice controller',
    text: `It speaks the parts of Jenkins ${world.version} that footman uses. It is not Jenkins.`,
  })

/** `/login`: 200 for everybody, which is how agents find out that the controller is up. Before the set-up it asks for the first password. */
export const login: Route = (call, world) => ({
  status: 200,
  headers: {
    'Content-Type': 'text/html;charset=utf-8',
    ...identityHeaders(world),
    'X-Instance-Identity': instanceIdentity,
    ...sessionCookie(call, world),
  },
  body: world.setupWizard
    ? html('Jenkins', `Unlock Jenkins: the first password lies in ${world.setupWizard.passwordFile}`)
    : html('Sign in - Jenkins', 'Sign in'),
})

export const instanceIdentityPage: Route = (call, world) =>
  page(call, world, { status: 200, title: 'Instance Identity - Jenkins', text: instanceIdentity })

export const whoAmI: Route = (call, world) => {
  const { anonymous, name } = call.caller
  return api(
    call,
    world,
    exported('hudson.security.WhoAmI', {
      anonymous: () => anonymous,
      authenticated: () => true, // of the anonymous as well, as recorded
      authorities: () => [anonymous ? 'anonymous' : 'authenticated'],
      name: () => name,
    }),
  )
}

/** `/crumbIssuer/api/json` and the one spelling of `xpath` that the XML form lets through. */
export const crumbIssuer: Route = (call, world) => {
  const refused = forbidden(call, world, 'hudson.model.Hudson.Read')
  if (refused) return refused
  const opened = call.httpSession ? undefined : world.sessions.open()
  const cookie: Record<string, string> = opened ? { 'Set-Cookie': opened.setCookie } : {}
  const crumb = world.sessions.crumb(call.caller.name, call.httpSession ?? opened?.id ?? '')
  const xpath = call.query.get('xpath')
  if (xpath !== null) return crumbByXpath(call, world, { xpath, crumb, cookie })
  const reply = api(
    call,
    world,
    exported('hudson.security.csrf.DefaultCrumbIssuer', {
      crumb: () => crumb,
      crumbRequestField: () => crumbField,
    }),
  )
  return reply && { ...reply, headers: { ...reply.headers, ...cookie } }
}

export const crumbField = 'Jenkins-Crumb'

function crumbByXpath(
  call: Call,
  world: World,
  answer: { xpath: string; crumb: string; cookie: Record<string, string> },
): Reply {
  const headers = { 'X-Jenkins': world.version, 'X-Jenkins-Session': world.session, ...answer.cookie }
  if (answer.xpath === 'concat(//crumbRequestField,":",//crumb)') {
    const type = { 'Content-Type': 'text/plain;charset=utf-8' }
    return { status: 200, headers: { ...headers, ...type }, body: `${crumbField}:${answer.crumb}` }
  }
  const reason = 'primitive XPath result sets forbidden; implement jenkins.security.SecureRequester'
  return containerError(call, 403, reason, headers)
}
