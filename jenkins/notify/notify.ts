import { inWords } from '../../core/errors.ts'
import type { ControllerSettings } from '../config/settings.ts'
import type { Outcome } from '../upgrade/contract.ts'
import { runCommandHook } from './command-hook.ts'
import type { Surroundings } from './surroundings.ts'
import { occasionOf, valuesOf } from './values.ts'
import { postWebhook } from './webhook.ts'

/**
 * Tells everybody who wants to know how it went. Never throws: a messenger that stumbles changes nothing about the upgrade,
 * and is only complained about in the log.
 */
export async function notify(
  outcome: Outcome,
  settings: ControllerSettings['notify'],
  surroundings: Surroundings,
): Promise<void> {
  const occasion = occasionOf(outcome)
  if (occasion === undefined || !settings.on.includes(occasion)) return
  const values = valuesOf(outcome)
  const { command, webhooks } = settings
  const messages = [
    ...webhooks.map((webhook) => postWebhook(webhook, values, surroundings)),
    ...(command.length > 0 ? [runCommandHook(command, { outcome, values }, surroundings)] : []),
  ]
  for (const message of await Promise.allSettled(messages)) {
    if (message.status === 'rejected') surroundings.log.warn(`nobody was told: ${inWords(message.reason)}`)
  }
}
