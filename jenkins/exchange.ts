/** One request to the controller, as the rest of this room words it. jenkins/client.ts sends it. */
export interface Ask {
  /** What it is for; error messages go "Cannot <doing>: ...". */
  doing: string
  /** Default GET. */
  method?: 'GET' | 'POST'
  /** Below the root URL, without leading slash, percent-encoded. */
  path: string
  query?: Record<string, string>
  form?: Record<string, string>
  xml?: string
  json?: string
  headers?: Record<string, string>
  /**
   * Sends no credentials. For pages that are open to everybody: a wrong or expired credential would turn even those into
   * 401 (recorded from Jenkins 2.498).
   */
  anonymous?: boolean
  /** Statuses that are fine; all others are thrown. Default 200 only. A 404 is fine only when Jenkins itself said it. */
  expect?: readonly number[] | 'any'
  /** For an expected 302: the path below the root URL that Jenkins sends a browser to when the deed is done. */
  landsOn?: RegExp
  /** Longest body taken, in bytes, after decompression. Default 16 MiB. */
  maxBytes?: number
  signal?: AbortSignal | undefined
}

export interface Answer {
  status: number
  /** Names in lower case; several values of one name are joined by a comma and a blank. */
  headers: Readonly<Record<string, string>>
  /** Cookies as they have to be sent back: `name=value`. */
  cookies: readonly string[]
  body: Buffer
}

/** Who was asked, for messages and hints. */
export interface Controller {
  /** With trailing slash. */
  root: string
  user: string
  /** What it said of itself before; undefined while it has not shown yet that it is a Jenkins. */
  readonly seen?: unknown
}

export function textOf(answer: Answer): string {
  return answer.body.toString('utf8')
}

/** Enough of a page to tell what it is; the rest of a long one is not worth searching. */
function startOf(answer: Answer): string {
  return answer.body.subarray(0, 64 * 2 ** 10).toString('utf8')
}

/**
 * Whether Jenkins put its name on the answer. All its pages and API answers do; what misses it comes from a proxy, another
 * program, the servlet container's own error page, or a controller that is still starting.
 */
export function isFromJenkins(answer: Answer): boolean {
  return answer.headers['x-jenkins'] !== undefined
}

export function isHtml(answer: Answer): boolean {
  return (
    /html/i.test(answer.headers['content-type'] ?? '') || /^\s*<(!doctype html|html)/i.test(startOf(answer))
  )
}

/** What a reader of an HTML page would see of it in one line, without scripts and styles. */
export function visibleText(answer: Answer): string {
  const text = startOf(answer)
    .replace(/<(script|style|head)\b[\s\S]*?<\/\1\s*>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
  return unescapeHtml(text).replace(/\s+/g, ' ').trim()
}

/** The characters that Jenkins escapes in texts for HTML. */
export function unescapeHtml(text: string): string {
  return text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#0?39;/g, "'")
    .replace(/&amp;/g, '&')
}

export function titleOf(answer: Answer): string {
  return /<title[^>]*>([^<]*)<\/title>/i.exec(startOf(answer))?.[1]?.trim() ?? ''
}

/** Where an answer sends us, as a full URL; undefined when it does not. */
export function destination(ask: Ask, answer: Answer, root: string): URL | undefined {
  const location = answer.headers.location
  if (location === undefined) return undefined
  try {
    return new URL(location, root + ask.path)
  } catch {
    return undefined
  }
}

/**
 * Whether a 404 means that Jenkins has no such thing. A proxy whose Jenkins is away says 404 as well, and so does whatever
 * answers at a wrong URL. Old versions leave the page to their servlet container, which does not name Jenkins.
 */
export function isAbsence(answer: Answer, controller: Pick<Controller, 'seen'>): boolean {
  if (answer.status !== 404) return false
  return isFromJenkins(answer) || (controller.seen !== undefined && /Powered by Jetty/i.test(startOf(answer)))
}

/** Whether the answer is what the request hoped for. */
export function isExpected(ask: Ask, answer: Answer, controller: Pick<Controller, 'root' | 'seen'>): boolean {
  const { root } = controller
  const expect = ask.expect ?? [200]
  if (expect === 'any') return true
  if (!expect.includes(answer.status)) return false
  if (answer.status === 404) return isAbsence(answer, controller)
  if (answer.status !== 302) return true
  // A proxy that moves http to https, or asks people to log in, also says 302: the place tells them apart.
  const path = destination(ask, answer, root)?.pathname
  const context = new URL(root).pathname
  if (!path?.startsWith(context)) return false
  const below = path.slice(context.length)
  return below.replace(/\/$/, '') !== ask.path.replace(/\/$/, '') && (ask.landsOn?.test(below) ?? false)
}
