import type { RestartPolicy } from '../../core/container-host.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { namesOf } from './names.ts'
import type { Transaction } from './transactions.ts'

/** A container as far as planning has to know it. */
export interface Sighting {
  id: string
  name: string
  running: boolean
  startedAt: string
  policy: RestartPolicy
}

/** The world, as far as a transaction may have changed it. */
export interface Observed {
  /** The one that the transaction replaces, or that was made again for it. */
  old: Sighting | undefined
  /** Made by this transaction to be the controller. */
  fresh: Sighting[]
  /** Whatever has the controller's name. */
  named: Sighting | undefined
  /** Containers of the rehearsal. */
  rehearsals: string[]
  hasRehearsalVolume: boolean
  /** Helper containers that work on this controller's home. */
  helpers: string[]
  /** The image that the followed reference names here now. */
  tagged: string | undefined
}

/** Each may be done again. */
export type Step =
  | { do: 'end helpers' }
  | { do: 'remove container'; container: string }
  | { do: 'remove rehearsal volume' }
  | { do: 'end quiet mode' }
  | { do: 'stop'; container: string }
  | { do: 'restore the home' }
  | { do: 'make'; recipe: Recipe; remade: boolean }
  | { do: 'rename'; container: string; name: string }
  | { do: 'set policy'; container: string; policy: RestartPolicy }
  | { do: 'start'; container: string }
  | { do: 'note what was pulled'; image: string }
  | { do: 'tag'; image: string }
  /** Half of a backup, and names and images that nobody else needs. */
  | { do: 'tidy' }
  | { do: 'end' }
  /** Only a person can go on: something that we did not make is in the way. */
  | { do: 'give up'; reason: string; hint: string }

/**
 * What is left to do to bring an unfinished transaction to its end, in order: once committed the new container runs with the
 * old one's restart policy, otherwise the old one runs on the old home and all else is gone. Pure: the steps are the same
 * whoever died when, as they follow from the journal and from what is there. Only a home that the new controller,
 * or a restore, may have touched is made again; never twice, as the old controller writes to it afterwards.
 */
export function nextSteps(transaction: Transaction, seen: Observed): Step[] {
  if (transaction.end) return []
  const before = [...(seen.helpers.length > 0 ? [{ do: 'end helpers' } as const] : []), ...endRehearsal(seen)]
  return [...before, ...(transaction.commit ? complete(transaction, seen) : undo(transaction, seen))]
}

function endRehearsal(seen: Observed): Step[] {
  const steps: Step[] = seen.rehearsals.map((container) => ({ do: 'remove container', container }))
  if (seen.hasRehearsalVolume) steps.push({ do: 'remove rehearsal volume' })
  return steps
}

/** The new one is good: let it stay. */
function complete({ begin, replace }: Transaction, { old, fresh, named }: Observed): Step[] {
  const steps: Step[] = []
  if (old?.running) steps.push({ do: 'stop', container: old.id })
  if (old && old.policy.Name !== 'no') {
    steps.push({ do: 'set policy', container: old.id, policy: disarmed })
  }
  const [current] = fresh
  if (current) steps.push(...revive(current, begin.old.policy, true))
  // Somebody has removed it, and nobody has taken its place.
  else if (replace && !named) steps.push({ do: 'make', recipe: replace.recipe, remade: false })
  steps.push({ do: 'end' })
  return steps
}

function undo(transaction: Transaction, seen: Observed): Step[] {
  const { begin } = transaction
  const { old, fresh, named } = seen
  const steps: Step[] = fresh.map(({ id }) => ({ do: 'remove container', container: id }))
  const isStrange = named && named.id !== old?.id && fresh.every(({ id }) => id !== named.id)
  if (isStrange) return [...steps, strange(begin.places.controller, named.id)]

  if (isHomeTouched(transaction)) {
    // Whoever started it meanwhile must not write while its home is made again.
    if (old?.running) steps.push({ do: 'stop', container: old.id })
    steps.push({ do: 'restore the home' })
  }
  if (old) {
    if (old.name !== begin.places.controller) {
      steps.push({ do: 'rename', container: old.id, name: begin.places.controller })
    }
    const isStopped = steps.some((step) => step.do === 'stop')
    steps.push(...revive(isStopped ? { ...old, running: false } : old, begin.old.policy, begin.old.running))
    const isSameBoot = old.running && old.startedAt === begin.old.startedAt
    if (transaction.has('quiesce') && !transaction.has('loud') && isSameBoot)
      steps.push({ do: 'end quiet mode' })
  } else {
    steps.push({ do: 'make', recipe: begin.old.recipe, remade: true })
  }
  steps.push(...giveNameBack(transaction, seen))
  if (!transaction.has('tidied')) steps.push({ do: 'tidy' })
  steps.push({ do: 'end' })
  return steps
}

/** Only between the announcement of a change and the note that it was taken back. */
export function isHomeTouched(transaction: Transaction): boolean {
  return (transaction.has('start') || transaction.has('restore')) && !transaction.has('restored')
}

function revive(container: Sighting, policy: RestartPolicy, shouldRun: boolean): Step[] {
  const steps: Step[] = []
  if (!isSamePolicy(container.policy, policy)) {
    steps.push({ do: 'set policy', container: container.id, policy })
  }
  if (shouldRun && !container.running) steps.push({ do: 'start', container: container.id })
  return steps
}

/** The followed reference names again what it did. Which image came for nothing has to be known before, as it is nameless afterwards. */
function giveNameBack({ begin, pull, pulled }: Transaction, { tagged }: Observed): Step[] {
  if (!pull || tagged === begin.tagged || tagged === undefined) return []
  const steps: Step[] = pulled ? [] : [{ do: 'note what was pulled', image: tagged }]
  // One that named nothing loses its name with the image, in the tidying.
  return begin.tagged === undefined ? steps : [...steps, { do: 'tag', image: begin.tagged }]
}

/** The engine says `''` as well as `no`. */
function isSamePolicy(one: RestartPolicy, other: RestartPolicy): boolean {
  const name = ({ Name }: RestartPolicy) => Name || 'no'
  return name(one) === name(other) && one.MaximumRetryCount === other.MaximumRetryCount
}

export const disarmed: RestartPolicy = { Name: 'no', MaximumRetryCount: 0 }

function strange(controller: string, id: string): Step {
  return {
    do: 'give up',
    reason: `a container that footman did not make has taken the name ${controller}: ${id.slice(0, 12)}`,
    hint: `docker rename ${id.slice(0, 12)} ${controller}-strange, stop it, then footman jenkins recover`,
  }
}

/** What the plan does not say by itself: where its things are. */
export function placesOf(transaction: Transaction) {
  return namesOf(transaction.begin.places.controller, transaction.id)
}
