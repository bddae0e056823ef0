import { addAbortSignal, type Duplex, pipeline, type Readable, Transform } from 'node:stream'
import type { JsonObject } from '../../container-host.ts'
import type { Asker, Question } from '../ask.ts'
import type { DockerClient } from '../client.ts'

/** One request of the Docker Engine API. */
export interface Request {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the version, e.g. `/containers/json`. */
  path: string
  /** Undefined values are left out. */
  query?: Record<string, string | number | boolean | undefined>
  body?: JsonObject
  /** Sent instead of a body. */
  tar?: Readable
  headers?: Record<string, string>
}

/** Asks one engine, in the API version that both sides speak: whole bodies in, whole bodies out. */
export class EngineApi {
  readonly asker: Asker
  /** Deadline of work that moves data, in ms. */
  readonly longMs: number
  readonly #docker: DockerClient

  constructor(parts: { docker: DockerClient; asker: Asker; longMs: number }) {
    this.asker = parts.asker
    this.longMs = parts.longMs
    this.#docker = parts.docker
  }

  /** The answer, not yet checked. Answers with a status in `fine` are undefined instead of an error. */
  async json(question: Question, request: Request, fine: number[] = []): Promise<unknown> {
    const answer = await this.asker.ask(
      question,
      (signal, extend) => this.#dial(withProgress(request, extend), { signal }),
      fine,
    )
    // docker-modem takes null, which engines send for empty lists, for something that is no JSON.
    return answer instanceof Buffer && answer.toString().trim() === 'null' ? null : answer
  }

  /** An answer that is no JSON. */
  async bytes(question: Question, request: Request): Promise<Buffer> {
    return await this.asker.ask(question, async (signal, extend) => {
      const chunks: Buffer[] = []
      for await (const chunk of await this.beginStream(request, signal)) {
        extend()
        chunks.push(chunk as Buffer)
      }
      return Buffer.concat(chunks)
    })
  }

  /** An answer that goes on: the deadline is for its beginning, the caller's signal ends it at any time. */
  async stream(question: Question, request: Request): Promise<Readable> {
    const answer = await this.asker.ask(question, (signal) => this.beginStream(request, signal))
    return question.signal ? addAbortSignal(question.signal, answer) : answer
  }

  /** As `stream`, for callers who see to deadline and errors themselves; `extend` is called as a tar goes out. */
  async beginStream(request: Request, signal: AbortSignal, extend = () => {}): Promise<Readable> {
    return (await this.#dial(withProgress(request, extend), { signal, isStream: true })) as Readable
  }

  /** The connection itself, once the engine has given up HTTP on it. */
  async hijack(question: Question, request: Request): Promise<Duplex> {
    const answer = await this.asker.ask(question, (signal) =>
      this.#dial(request, { signal, isStream: true, hijack: true }),
    )
    return answer as Duplex
  }

  #dial({ method, path, query, body, tar, headers }: Request, more: DialMore): Promise<unknown> {
    const { signal, ...how } = more
    const options = {
      method,
      path: query ? `${path}?` : path,
      // Without _query and _body docker-modem repeats the body in the URL.
      options: { _query: query ? present(query) : {}, _body: body ?? {} },
      ...(tar && { file: tar }),
      ...(headers && { headers }),
      ...how,
      allowEmpty: body !== undefined,
      abortSignal: signal,
      statusCodes: { 101: true, 200: true, 201: true, 204: true },
    }
    return new Promise((resolve, reject) => {
      this.#docker.modem.dial(options, (error: unknown, answer: unknown) =>
        error ? reject(error) : resolve(answer),
      )
    })
  }
}

interface DialMore {
  signal: AbortSignal
  isStream?: true
  hijack?: true
}

/** Sending much data may take long: as long as the engine takes some, it lives. */
function withProgress(request: Request, extend: () => void): Request {
  if (!request.tar) return request
  const counted = new Transform({
    transform(chunk, _encoding, done) {
      extend()
      done(null, chunk)
    },
  })
  return { ...request, tar: pipeline(request.tar, counted, () => {}) }
}

function present(query: NonNullable<Request['query']>): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
}
