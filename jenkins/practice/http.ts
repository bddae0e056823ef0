import type { IncomingMessage, ServerResponse } from 'node:http'
import { messageOf } from '../../core/errors.ts'
import { authenticate } from './auth.ts'
import { containerError, found, unauthorized } from './replies.ts'
import { route } from './router.ts'
import type { Call, Reply, World } from './world.ts'

const largestBodyBytes = 16 * 2 ** 20

/** Answers one request of a controller that is up. Nothing that happens here is thrown: a bug is a 500 and a line in the log. */
export async function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  world: World,
): Promise<void> {
  try {
    sendReply(response, await replyTo(request, world))
  } catch (error) {
    if (response.destroyed) return // the client went away, or the controller
    world.log.error(`The practice controller failed at ${request.method} ${request.url}: ${messageOf(error)}`)
    sendReply(response, containerError({ path: request.url ?? '' }, 500, 'Server Error'))
  }
}

export function sendReply(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, { ...reply.headers, 'Content-Length': Buffer.byteLength(reply.body) })
  response.end(reply.body)
}

/** Everything but the body of a call. A reply when the request does not get as far as that. */
export function readCall(request: IncomingMessage, world: World): Call | Reply {
  const { method = 'GET', url = '/', headers } = request
  const [rawPath = '', search] = splitOnce(url, '?')
  if (rawPath.includes(';'))
    return containerError({ path: rawPath }, 400, 'Semicolons are not allowed in the request URI')
  if (world.contextPath !== '' && rawPath === world.contextPath) return found(world, '/')
  if (!rawPath.startsWith(`${world.contextPath}/`)) return containerError({ path: rawPath }, 404, 'Not Found')
  const path = rawPath.slice(world.contextPath.length)
  const segments = decodeSegments(path)
  if (!segments) return containerError({ path }, 400, 'Bad URI')
  const caller = authenticate(world.users, headers.authorization)
  if (!caller) return unauthorized({ path })
  const query = new URLSearchParams(search)
  return {
    method,
    path,
    segments,
    query,
    form: query,
    headers,
    body: Buffer.alloc(0),
    caller,
    httpSession: world.sessions.read(headers.cookie),
  }
}

async function replyTo(request: IncomingMessage, world: World): Promise<Reply> {
  const call = readCall(request, world)
  if ('status' in call) return call
  const body = await readBody(request)
  if (!body) return containerError(call, 413, 'Payload Too Large')
  const isForm = call.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
  const form = new URLSearchParams([...call.query, ...(isForm ? new URLSearchParams(String(body)) : [])])
  return route({ ...call, body, form }, world)
}

/** Undefined when it is too large to be meant seriously. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > largestBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function decodeSegments(path: string): string[] | undefined {
  try {
    return path
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent)
  } catch {
    return undefined
  }
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
