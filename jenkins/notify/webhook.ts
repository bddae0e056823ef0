import { RemoteError } from '../../core/errors.ts'
import { retry } from '../../core/retry.ts'
import { readSecret } from '../../core/secret-source.ts'
import { createClient } from '../client.ts'
import type { ControllerSettings } from '../config/settings.ts'
import { isReference } from '../config/values.ts'
import type { Surroundings } from './surroundings.ts'
import { fillTemplate } from './template.ts'
import type { Values } from './values.ts'

type Webhook = ControllerSettings['notify']['webhooks'][number]

/** Of one try. */
const deadlineMs = 10_000
/** In which a try may begin. */
const patienceMs = 60_000

/**
 * Posts the values, or the template filled in with them. Tries again while nobody answers, or the far side is in trouble.
 * Throws RemoteError when it is of no use; neither that nor any log holds more of the URL than its host.
 */
export async function postWebhook(
  { url, template, headers }: Webhook,
  values: Values,
  surroundings: Surroundings,
): Promise<void> {
  const { env, clock, random, signal } = surroundings
  const [address, ...given] = await Promise.all([
    resolved(url, 'notify.webhooks.url', surroundings),
    ...Object.entries(headers).map(async ([name, value]) => {
      return [name, await resolved(value, `notify.webhooks.headers.${name}`, surroundings)] as const
    }),
  ])
  const doing = `tell ${hostOf(address)}`
  const send = createClient({ root: address, timeoutMs: deadlineMs, env })
  const json = template === undefined ? JSON.stringify(values) : fillTemplate(template, values)
  await retry(
    async () => {
      const answer = await send({ doing, method: 'POST', path: '', json, signal }, Object.fromEntries(given))
      if (answer.status >= 200 && answer.status < 300) return
      const isTheirs = answer.status >= 500 || answer.status === 429
      throw new RemoteError(isTheirs ? 'broken' : 'rejected', `cannot ${doing}: it answers ${answer.status}`)
    },
    {
      withinMs: patienceMs,
      firstPauseMs: 1_000,
      isRetryable: (error) => error instanceof RemoteError && error.failure !== 'rejected',
      clock,
      random,
      ...(signal && { signal }),
    },
  )
}

async function resolved(value: string, setting: string, surroundings: Surroundings): Promise<string> {
  if (!isReference(value)) return value
  const { env, cwd, log } = surroundings
  return (await readSecret(value, { setting, env, baseDir: cwd, log })).reveal()
}

/** The rest of such an address may be a secret. */
function hostOf(address: string): string {
  if (URL.canParse(address)) return new URL(address).host
  throw new RemoteError('rejected', 'what notify.webhooks.url refers to is no URL')
}
