import type { JsonObject, RawContainer, RestartPolicy } from '../../core/container-host.ts'
import { labels } from './names.ts'
import { type Observed, placesOf, type Sighting } from './next-steps.ts'
import type { Transaction } from './transactions.ts'
import type { Work } from './work.ts'

/**
 * Looks at all that a transaction may have changed. No signal of the caller's: what is being undone is undone to its end.
 * Throws RemoteError when the engine does not answer.
 */
export async function observe({ options: { host } }: Work, transaction: Transaction): Promise<Observed> {
  const { begin, id } = transaction
  const { controller } = begin.places
  const names = placesOf(transaction)
  const own = { [labels.controller]: controller, [labels.transaction]: id }
  const [old, remade, fresh, named, rehearsals, helpers] = await Promise.all([
    host.inspect(begin.old.id),
    host.list({ [labels.remade]: id }),
    host.list({ ...own, [labels.role]: 'controller' }),
    host.inspect(controller),
    host.list({ ...own, [labels.role]: 'rehearsal' }),
    host.list({ [labels.controller]: controller, [labels.role]: 'helper' }),
  ])
  const [volume, tagged] = await Promise.all([
    host.inspectVolume(names.rehearsal),
    host.inspectImage(begin.to.reference),
  ])
  const inspected = await Promise.all([...remade, ...fresh].map((one) => host.inspect(one.id)))
  const sightings = inspected.flatMap((raw) => (raw ? [sight(raw)] : []))
  return {
    old: old ? sight(old) : sightings.find((one) => remade.some((other) => other.id === one.id)),
    fresh: sightings.filter((one) => fresh.some((other) => other.id === one.id)),
    named: named && sight(named),
    rehearsals: rehearsals.map((one) => one.id),
    hasRehearsalVolume: volume !== undefined,
    helpers: helpers.map((one) => one.id),
    tagged: tagged?.Id,
  }
}

/** The few facts of an `inspect` by which steps are planned. */
export function sight(raw: RawContainer): Sighting {
  const { Status, Running, StartedAt } = raw.State
  return {
    id: raw.Id,
    name: raw.Name.replace(/^\//, ''),
    // A container between two attempts of its restart policy writes to its home at any moment.
    running: Running === true || Status === 'restarting',
    startedAt: typeof StartedAt === 'string' ? StartedAt : '',
    policy: policyOf(raw.HostConfig),
  }
}

function policyOf({ RestartPolicy: raw }: JsonObject): RestartPolicy {
  const { Name, MaximumRetryCount } = (raw ?? {}) as JsonObject
  const known = ['always', 'unless-stopped', 'on-failure'] as const
  return {
    Name: known.find((name) => name === Name) ?? 'no',
    MaximumRetryCount: typeof MaximumRetryCount === 'number' ? MaximumRetryCount : 0,
  }
}
