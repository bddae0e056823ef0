import { toApiXml } from './api-xml.ts'
import { instanceIdentity } from './identity.ts'
import { type Permission, permissions } from './permissions.ts'
import { type Exported, prune, readQuery } from './tree.ts'
import type { Call, Reply, World } from './world.ts'
import { escapeXml } from './xml.ts'

/** Stands on every page: status, headers and title are those of a recorded Jenkins 2.498, but nobody shall take this for one. */
const footer = 'footman practice controller'

/** `/…/api/json` and `/…/api/xml` of an object; undefined when the path asks for something else. */
export function api(call: Call, world: World, object: Exported): Reply | undefined {
  const kind = call.segments.at(-1)
  if (call.segments.at(-2) !== 'api' || (kind !== 'json' && kind !== 'xml')) return undefined
  const pruner = readQuery(call.query)
  if (!pruner) return containerError(call, 400, 'Malformed tree expression')
  const json = prune(object, pruner)
  const headers = { 'X-Jenkins': world.version, 'X-Jenkins-Session': world.session }
  if (kind === 'xml') {
    const type = 'application/xml;charset=UTF-8'
    return { status: 200, headers: { ...headers, 'Content-Type': type }, body: toApiXml(json) }
  }
  const type = 'application/json;charset=utf-8'
  return { status: 200, headers: { ...headers, 'Content-Type': type }, body: JSON.stringify(json) }
}

export function text(body: string, type = 'text/plain;charset=utf-8'): Reply {
  return { status: 200, headers: { 'Content-Type': type }, body }
}

export function empty(status: number): Reply {
  return { status, headers: {}, body: '' }
}

/** 302 to a path below the context path, without host. */
export function found(world: World, path: string): Reply {
  return { status: 302, headers: { Location: `${world.contextPath}${path}` }, body: '' }
}

/** 302 to the folder of the request itself, as `sendRedirect2(".")` does. */
export function foundHere(call: Call, world: World): Reply {
  return found(world, call.path.slice(0, call.path.lastIndexOf('/') + 1))
}

/** A page of the controller itself. */
export function page(
  call: Call,
  world: World,
  content: { status: number; title: string; text?: string; headers?: Reply['headers'] },
): Reply {
  return {
    status: content.status,
    headers: {
      'Content-Type': 'text/html;charset=utf-8',
      'X-Hudson-Theme': 'default',
      ...sessionCookie(call, world),
      ...identityHeaders(world),
      'X-Instance-Identity': instanceIdentity,
      ...content.headers,
    },
    body: html(content.title, content.text ?? content.title),
  }
}

export function notFound(call: Call, world: World): Reply {
  const text = 'This page may not exist, or you may not have permission to see it.'
  return page(call, world, { status: 404, title: 'Not Found - Jenkins', text })
}

/** A GET on a verb that wants POST. */
export function postRequired(call: Call, world: World): Reply {
  const text = 'This URL requires POST'
  return page(call, world, { status: 405, title: 'Method Not Allowed - Jenkins', text })
}

/** A refusal with a reason: 400 and X-Error, which loses what is not ASCII. */
export function failure(call: Call, world: World, message: string): Reply {
  const headers = { 'X-Error': message.replace(/[^\x20-\x7e]/g, ' ') }
  return page(call, world, { status: 400, title: 'Jenkins - Jenkins', text: message, headers })
}

/** An error page that keeps its reason for itself. */
export function oops(call: Call, world: World, status = 500): Reply {
  const text = 'Oops! A problem occurred while processing the request'
  return page(call, world, { status, title: 'Jenkins - Jenkins', text })
}

/** Undefined when the caller may do it. */
export function forbidden(call: Call, world: World, permission: Permission): Reply | undefined {
  const { caller } = call
  if (caller.may(permission)) return undefined
  if (caller.anonymous) return authenticationRequired(call, world)
  const { title, impliedBy } = permissions[permission]
  return accessDenied(call, world, `${caller.name} is missing the ${title} permission`, {
    'X-You-Are-Authenticated-As': caller.name,
    'X-You-Are-In-Group-Disabled':
      'JENKINS-39402: use -Dhudson.security.AccessDeniedException2.REPORT_GROUP_HEADERS=true or use /whoAmI to diagnose',
    'X-Required-Permission': permission,
    ...(impliedBy.length > 0 ? { 'X-Permission-Implied-By': [...impliedBy] } : {}),
  })
}

/** 403 for somebody who is logged in. */
export function accessDenied(call: Call, world: World, text: string, headers: Reply['headers'] = {}): Reply {
  return page(call, world, { status: 403, title: 'Jenkins', text, headers })
}

/** 401: the Authorization header is wrong. */
export function unauthorized(call: Pick<Call, 'path'>): Reply {
  return containerError(call, 401, 'Unauthorized', {
    'Set-Cookie': 'remember-me=; Path=/; Max-Age=0',
    'WWW-Authenticate': 'Basic realm="Jenkins"',
  })
}

/** An error page of the servlet container, for what never reaches Jenkins' own pages. */
export function containerError(
  call: Pick<Call, 'path'>,
  status: number,
  message: string,
  headers: Reply['headers'] = {},
): Reply {
  return {
    status,
    headers: { ...headers, 'Content-Type': 'text/html;charset=iso-8859-1' },
    body: html(`Error ${status} ${message}`, `HTTP ERROR ${status} ${message} URI: ${call.path}`),
  }
}

/** 503 while the controller is not up. No other header, as recorded. */
export function notReady(phase: 'starting' | 'restarting'): Reply {
  const title = phase === 'starting' ? 'Starting Jenkins' : 'Restarting Jenkins'
  return { status: 503, headers: { 'Content-Type': 'text/html;charset=utf-8' }, body: html(title, title) }
}

/**
 * 503 of a boot that has failed for good: a heading, a stack trace, and no word of who answers. jenkinsci/jenkins
 * ErrorObject.java, HudsonFailedToLoad/index.jelly.
 */
export function bootFailure(error: unknown): Reply {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const body = html('Jenkins', '').replace('<p></p>', `<h1>Error</h1><pre>${escapeXml(trace)}</pre>`)
  return { status: 503, headers: { 'Content-Type': 'text/html;charset=utf-8' }, body }
}

/** X-Hudson, X-Jenkins and X-Jenkins-Session of a page. */
export function identityHeaders(world: World): Record<string, string> {
  return { 'X-Hudson': '1.395', 'X-Jenkins': world.version, 'X-Jenkins-Session': world.session }
}

/** Set-Cookie, unless the caller has a session already. */
export function sessionCookie(call: Call, world: World): Record<string, string> {
  return call.httpSession ? {} : { 'Set-Cookie': world.sessions.open().setCookie }
}

export function html(title: string, text: string): string {
  const lines = ['<!DOCTYPE html>', `<html><head><title>${escapeXml(title)}</title></head>`]
  return [...lines, `<body><p>${escapeXml(text)}</p><footer>${footer}</footer></body></html>`, ''].join('\n')
}

function authenticationRequired(call: Call, world: World): Reply {
  const cookie = sessionCookie(call, world)
  if (call.headers['x-requested-with'] === 'XMLHttpRequest')
    return containerError(call, 403, 'Forbidden', cookie)
  return {
    status: 403,
    headers: { ...cookie, 'Content-Type': 'text/html;charset=utf-8', ...identityHeaders(world) },
    body: `<html><body>Authentication required<footer>${footer}</footer></body></html>\n`,
  }
}
