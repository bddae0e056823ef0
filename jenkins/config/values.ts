import { z } from 'zod'
import { formatDuration, parseDuration, parseSize } from '../../core/units.ts'

/** A duration as people write it; read as ms. */
export const duration = (fallback: string, atLeastMs = 0) => {
  const error = 'expected a duration such as 90s, 5m or 30d'
  return z
    .string({ error })
    .refine((text) => parseDuration(text) !== undefined, { error, abort: true })
    .refine((text) => (parseDuration(text) ?? 0) >= atLeastMs, {
      error: `expected at least ${formatDuration(atLeastMs)}`,
    })
    .transform((text) => parseDuration(text) ?? 0)
    .prefault(fallback)
}

const bytesError = 'expected a size such as 2G or 1536M'
export const bytes = z
  .string({ error: bytesError })
  .refine((text) => parseSize(text) !== undefined, { error: bytesError })
  .transform((text) => parseSize(text) ?? 0)

/** What containers and volumes may be called: moby/moby daemon/names/names.go. */
export const dockerName = /^[A-Za-z0-9][A-Za-z0-9_.-]+$/

/** Where something is kept, as `docker run -v` takes it in front of the colon. */
export const place = z.string().refine((text) => dockerName.test(text) || /^\/[^:]*[^:/][^:]*$/.test(text), {
  error: 'expected the name of a volume, or the absolute path of a folder without colons',
})

/** distribution/reference regexp.go: a name, then a tag, then a digest. Upper case is legal in tags only. */
export const image = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.:/_-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?(?:@sha256:[0-9a-f]{64})?$/, {
    error: 'expected an image such as jenkins/jenkins:lts-jdk21',
  })

export const timeZone = z.string().refine(isTimeZone, {
  error: 'expected a time zone of the IANA database such as Europe/Berlin',
})

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

export const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'expected letters, digits and underscores' })

/** A URL, or where one is found that is a secret by itself, as those of chat programs are. */
export const webhookUrl = z
  .string()
  .refine((text) => isReference(text) || isPlainUrl(text), {
    error: 'expected a URL without user and password, or file:PATH or env:NAME where one is found',
  })
  .meta({ secret: true })

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return /^https?:$/.test(protocol) && username === '' && password === ''
}

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, { error: 'expected the name of a header' })
/** One line, without what could begin another header (RFC 9110, section 5.5). */
const headerValue = z.string().regex(/^[\t\x20-\x7e]+$/, { error: 'expected one line of plain text' })

/** Headers to send. Those whose name says that they give access may not hold anything in clear text. */
export const headers = z
  .record(headerName, headerValue)
  .refine((given) => Object.entries(given).every(([name, value]) => isFitToShow(name, value)), {
    error: 'expected file:PATH or env:NAME for what gives access: plain secrets do not belong into settings',
  })
  .meta({ secret: true })

function isFitToShow(name: string, value: string): boolean {
  return isReference(value) || !/auth|cookie|token|secret|key|signature/i.test(name)
}

/** Whether a text says where a secret is found, instead of being one. */
export function isReference(text: string): boolean {
  return /^(file:.+|env:[A-Za-z_][A-Za-z0-9_]*)$/.test(text)
}
