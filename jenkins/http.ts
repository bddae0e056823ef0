import type { z } from 'zod'
import { type Clock, systemClock } from '../core/clock.ts'
import { RemoteError } from '../core/errors.ts'
import { register, type Secret } from '../core/secret.ts'
import { type ClientOptions, createClient, type Send } from './client.ts'
import { type Answer, type Ask, isExpected, isFromJenkins, isHtml, textOf, visibleText } from './exchange.ts'
import { refusal, unreadable } from './failures.ts'
import { crumbAnswer } from './schema.ts'

export interface JenkinsHttpOptions extends ClientOptions {
  user: string
  /** An API token, or a password: then every change needs a crumb, which is fetched when Jenkins first asks for it. */
  token: Secret
  /** Told when the controller turns out to have restarted since we last heard of it. */
  onRestart?: ((seen: Seen, previous: Seen) => void) | undefined
}

/** What the controller says of itself in the headers of its answers. */
export interface Seen {
  version: string
  /** Changes at every boot. */
  session: string
}

interface Crumb {
  field: string
  value: string
  cookie: string
}

/** Long enough for a JVM that is about to end to be gone: it answered 401 for 0.2 s (recorded from Jenkins 2.498). */
const doubtMs = 2000

/** Talks to one controller as one user: credentials, crumbs, and when to believe a refusal. */
export class JenkinsHttp {
  readonly root: string
  readonly user: string
  readonly #send: Send
  readonly #clock: Clock
  readonly #authorization: string
  readonly #onRestart: JenkinsHttpOptions['onRestart']
  #seen: Seen | undefined
  #crumb: Crumb | undefined
  /** Jenkins has taken our credentials before. */
  #wasAccepted = false

  constructor(options: JenkinsHttpOptions) {
    this.root = options.root
    this.user = options.user
    this.#send = createClient(options)
    this.#clock = options.clock ?? systemClock
    this.#onRestart = options.onRestart
    const pair = `${options.user}:${options.token.reveal()}`
    register(pair)
    this.#authorization = `Basic ${Buffer.from(pair).toString('base64')}`
  }

  /** As of the latest answer that carried it; undefined before the first. */
  get seen(): Seen | undefined {
    return this.#seen
  }

  /**
   * Sends one request and gives back the answer when it is an expected one; otherwise throws RemoteError. A 401 after earlier
   * success is believed only when a controller that is up repeats it: one that is going down says 401 to a valid token
   * (recorded from Jenkins 2.498).
   */
  async ask(ask: Ask): Promise<Answer> {
    let answer = await this.#sendAs(ask)
    if (isCrumbMissing(ask, answer)) {
      this.#crumb = await this.#fetchCrumb(ask)
      if (this.#crumb) answer = await this.#sendAs(ask)
    }
    if (answer.status === 401 && !ask.anonymous) answer = await this.#doubt(ask, answer)
    if (!isExpected(ask, answer, this)) throw this.refusal(ask, answer)
    if (!ask.anonymous) this.#wasAccepted = true
    return answer
  }

  /** Asks for JSON and reads it with a schema. Throws RemoteError `broken` when the answer does not fit. */
  async json<T>(schema: z.ZodType<T>, ask: Ask): Promise<T> {
    return this.read(schema, ask, await this.ask(ask))
  }

  /** The JSON of an answer, read with a schema. Throws as `json` does. */
  read<T>(schema: z.ZodType<T>, ask: Ask, answer: Answer): T {
    const wrong = (detail: string) => unreadable(ask, answer, { controller: this, detail })
    if (isHtml(answer)) throw wrong('it is a web page')
    let data: unknown
    try {
      data = JSON.parse(textOf(answer))
    } catch {
      throw wrong('it is no JSON')
    }
    const result = schema.safeParse(data)
    if (result.success) return result.data
    const issue = result.error.issues[0]
    throw wrong(`${issue?.path.join('.') || 'the whole'}: ${issue?.message}`)
  }

  /** The error for an answer that was not hoped for. */
  refusal(ask: Ask, answer: Answer): RemoteError {
    return refusal(ask, answer, this)
  }

  /**
   * Whether Jenkins shows its login page, which is how its own agents see that it is up. Throws RemoteError when nothing answers or
   * it is still booting.
   */
  async isUp(signal?: AbortSignal): Promise<boolean> {
    const ask: Ask = { doing: 'see whether Jenkins is up', path: 'login', anonymous: true, signal }
    const answer = await this.#sendAs(ask)
    if (answer.status === 503) throw this.refusal(ask, answer)
    return answer.status === 200 && isFromJenkins(answer)
  }

  async #doubt(ask: Ask, answer: Answer): Promise<Answer> {
    if (this.#wasAccepted) await this.#clock.sleep(doubtMs, ask.signal)
    const isUp = await this.isUp(ask.signal)
    if (!this.#wasAccepted) return answer
    if (!isUp) {
      throw new RemoteError('broken', `Cannot ${ask.doing}: Jenkins answers 401 and shows no login page`, {
        hint: 'it may be going down; footman tries again by itself',
        status: 401,
      })
    }
    const second = await this.#sendAs(ask)
    if (second.status === 401) this.#wasAccepted = false
    return second
  }

  /** Crumb and session cookie belong together: the crumb is a hash over the session (jenkinsci/jenkins DefaultCrumbIssuer.java). */
  async #fetchCrumb({ doing, signal }: Ask): Promise<Crumb | undefined> {
    const ask: Ask = { doing, path: 'crumbIssuer/api/json', expect: [200, 404], signal }
    const answer = await this.ask(ask)
    if (answer.status === 404) return undefined
    const { crumb, crumbRequestField } = this.read(crumbAnswer, ask, answer)
    register(crumb)
    return { field: crumbRequestField, value: crumb, cookie: answer.cookies.join('; ') }
  }

  async #sendAs(ask: Ask): Promise<Answer> {
    const answer = await this.#send(ask, this.#credentials(ask))
    this.#note(answer)
    return answer
  }

  #credentials(ask: Ask): Record<string, string> {
    if (ask.anonymous) return {}
    const crumb = ask.method === 'POST' ? this.#crumb : undefined
    return {
      Authorization: this.#authorization,
      ...(crumb && { [crumb.field]: crumb.value }),
      ...(crumb?.cookie && { Cookie: crumb.cookie }),
    }
  }

  #note(answer: Answer): void {
    const version = answer.headers['x-jenkins']
    const session = answer.headers['x-jenkins-session']
    if (version === undefined || session === undefined) return
    const previous = this.#seen
    this.#seen = { version, session }
    if (!previous || previous.session === session) return
    this.#crumb = undefined
    this.#onRestart?.(this.#seen, previous)
  }
}

function isCrumbMissing(ask: Ask, answer: Answer): boolean {
  if (answer.status !== 403 || ask.method !== 'POST' || ask.anonymous) return false
  return /No valid crumb/i.test(visibleText(answer))
}
