import { inspect } from 'node:util'

const known = new Set<string>()

/**
 * A value that must never be seen. It prints as `[redacted]` wherever it is printed, and every
 * logger replaces its text (and the base64 form in which HTTP carries it) in whatever passes by.
 * Only `reveal()` gives it away, so that a search for that word finds every place that does.
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
    register(text)
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return '[redacted]'
  }

  toJSON(): string {
    return '[redacted]'
  }

  [inspect.custom](): string {
    return '[redacted]'
  }
}

/** Makes `redact` hide this text, e.g. an encoded form of a secret. Text under 4 characters is not registered: hiding it would shred every line. */
export function register(text: string): void {
  if (text.length < 4) return
  known.add(text)
  known.add(Buffer.from(text).toString('base64'))
}

/**
 * Stops looking for a secret that is of no use to anybody any more. For those that are made by the thousand: each one that is known
 * costs time with every line of the log.
 */
export function forgetSecret(secret: Secret): void {
  const text = secret.reveal()
  known.delete(text)
  known.delete(Buffer.from(text).toString('base64'))
}

/** Stops looking for all of them: between pieces of work that have nothing to do with each other, such as tests in one process. */
export function forgetAllSecrets(): void {
  known.clear()
}

/** The text with every registered secret replaced. */
export function redact(text: string): string {
  let clean = text
  for (const secret of known) clean = clean.replaceAll(secret, '[redacted]')
  return clean
}
