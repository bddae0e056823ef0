import { z } from 'zod'

/**
 * The schema of a setting that names where a secret is found: `file:PATH`, `env:NAME` or `stdin`.
 * Marked, so that whatever stands there instead is never printed: it may be the secret itself.
 */
export const secretReference = z
  .string()
  .regex(/^(file:.+|env:[A-Za-z_][A-Za-z0-9_]*|stdin)$/, {
    error: 'expected file:PATH, env:NAME or stdin, because plain secrets do not belong into settings',
  })
  .meta({ secret: true })
