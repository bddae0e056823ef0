import type { Readable } from 'node:stream'
import type { z } from 'zod'
import { FootmanError, RemoteError } from '../errors.ts'
import { formatDuration } from '../units.ts'
import { linesOf, progressReader } from './progress.ts'
import { engineError } from './refusals.ts'
import { TooSlow, within } from './within.ts'

/** One question to the engine. */
export interface Question {
  /** After "cannot": `start the container footman-1`; left out when the question is only whether it answers. */
  doing?: string
  signal: AbortSignal | undefined
  /** Default: the deadline of one question. */
  ms?: number
}

export interface AskerOptions {
  /** The engine's address, for messages. */
  host: string
  timeoutMs: number
  silenceMs: number
}

type Work<T> = (signal: AbortSignal, extend: () => void) => Promise<T>

/** What the lines of a progress stream mean: `read` returns news for people, and throws on a failure. */
export interface LineReader {
  read(line: string): string | undefined
}

/** Puts questions to an engine: each with a deadline, each failure in our own errors, each answer checked. */
export class Asker {
  readonly #options: AskerOptions

  constructor(options: AskerOptions) {
    this.#options = options
  }

  /**
   * Asks with a deadline and in our own errors. Answers with a status in `fine` are undefined instead of an error.
   * Work that makes visible progress calls `extend`: the deadline then counts from there.
   */
  async ask<T>(question: Question, ask: Work<T>): Promise<T>
  async ask<T>(question: Question, ask: Work<T>, fine: number[]): Promise<T | undefined>
  async ask<T>(
    { doing, signal, ms = this.#options.timeoutMs }: Question,
    ask: Work<T>,
    fine: number[] = [],
  ): Promise<T | undefined> {
    try {
      return await within({ ms, signal }, ask)
    } catch (error) {
      signal?.throwIfAborted()
      if (fine.includes(Object(error).statusCode)) return undefined
      throw this.#ours(error, doing, ms)
    }
  }

  /** Reads a progress stream to its end; resolves with its last status. */
  async follow(
    question: Question,
    onProgress: (line: string) => void,
    begin: Work<NodeJS.ReadableStream>,
  ): Promise<string> {
    const progress = progressReader()
    await this.followLines({ ...question, reader: progress }, onProgress, begin)
    return progress.lastStatus()
  }

  /** As `follow`, with a reader for another kind of stream. The deadline counts from one line to the next. */
  async followLines(
    { doing, signal, reader }: Question & { reader: LineReader },
    onProgress: (line: string) => void,
    begin: Work<NodeJS.ReadableStream>,
  ): Promise<void> {
    const ms = this.#options.silenceMs
    try {
      await within({ ms, signal }, async (abortSignal, extend) => {
        for await (const line of linesOf((await begin(abortSignal, extend)) as Readable)) {
          extend()
          const news = reader.read(line)
          if (news !== undefined) onProgress(news)
        }
      })
    } catch (error) {
      signal?.throwIfAborted()
      throw this.#ours(error, doing, ms)
    }
  }

  /** The answer as the schema reads it; throws RemoteError `broken` when it is none of an engine. */
  read<T>(schema: z.ZodType<T>, answer: unknown): T {
    const result = schema.safeParse(answer)
    if (result.success) return result.data
    const { host } = this.#options
    throw new RemoteError('broken', `what answers at ${host} does not talk like a container engine`, {
      hint: 'check that a Docker Engine or Podman listens there',
      cause: result.error,
    })
  }

  #ours(error: unknown, doing: string | undefined, ms: number): FootmanError {
    if (error instanceof FootmanError) return error
    const { host } = this.#options
    if (!(error instanceof TooSlow)) return engineError(error, { doing, host })
    const prefix = doing === undefined ? '' : `cannot ${doing}: `
    const message = `${prefix}the container engine at ${host} said nothing for ${formatDuration(ms)}`
    const hint = 'look whether docker ps answers; if it hangs as well, restart the engine'
    return new RemoteError('timeout', message, { hint, cause: error })
  }
}
