import { z } from 'zod'
import type { Answer } from '../exchange.ts'
import { compareVersions } from '../version.ts'

const answer = z.object({ status: z.boolean(), failures: z.array(z.unknown()).optional() })

/**
 * Which of its own health checks a controller says are failing, from Jenkins 2.506 on; nothing where it has no such page.
 * jenkinsci/jenkins HealthCheckAction.java: 200, or 503 with the failures, open to everybody.
 */
export async function failingChecks(
  version: string,
  ask: (path: string) => Promise<Answer>,
): Promise<{ failing?: string[] }> {
  if (compareVersions(version, '2.506') < 0) return {}
  const { status, body } = await ask('health/')
  if (status !== 503) return {}
  const read = answer.safeParse(parse(body.toString('utf8')))
  if (!read.success || read.data.status) return {}
  return { failing: (read.data.failures ?? []).map(nameOf) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function nameOf(failure: unknown): string {
  const named = z.object({ name: z.string() }).safeParse(failure)
  if (named.success) return named.data.name
  return typeof failure === 'string' ? failure : JSON.stringify(failure)
}
