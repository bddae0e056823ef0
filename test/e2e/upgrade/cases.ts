import { setTimeout as delay } from 'node:timers/promises'
import type { ControllerSettings } from '../../../jenkins/config/settings.ts'
import type { Variant } from '../../../jenkins/practice/controller-image/variant.ts'
import type { Entry } from '../../../jenkins/upgrade/entries.ts'
import type { PrivateEngine } from '../../support/private-engine.ts'
import type { Episode } from './episode.ts'

/** Versions that never get up, each in its own way. */
const bad: Variant[] = [
  'never-answers',
  'never-listens',
  'loading',
  'broken',
  'crash-loop',
  'setup-wizard',
  'plugin-missing',
  'corrupts-and-breaks',
]

/** Every variant in the phase where it bites: in the rehearsal, and in production when there was none or it was spared. */
export function variantCases(): Episode[] {
  return [
    ...bad.map(
      (variant): Episode => ({
        title: `${variant}, rehearsed`,
        offer: { variant },
        adjust: rehearse,
        leaves: 'old',
        outcome: 'refused',
      }),
    ),
    ...bad.map(
      (variant): Episode => ({
        title: `${variant}, in production`,
        offer: { variant },
        leaves: 'old',
        outcome: 'rolled-back',
      }),
    ),
    {
      title: 'corrupts and breaks only in production, after a good rehearsal',
      offer: { variant: 'corrupts-and-breaks', sparesRehearsals: true },
      adjust: rehearse,
      leaves: 'old',
      outcome: 'rolled-back',
    },
    {
      title: 'dies while it is watched',
      offer: { variant: 'dies-later', seconds: 1 },
      adjust: ({ upgrade }) => {
        upgrade.gate.soakMs = 3_000
      },
      leaves: 'old',
      outcome: 'rolled-back',
    },
    {
      title: 'boots slowly',
      offer: { variant: 'slow-boot', seconds: 2 },
      leaves: 'new',
      outcome: 'upgraded',
    },
    {
      title: 'does not heed SIGTERM',
      offer: { variant: 'ignores-sigterm' },
      leaves: 'new',
      outcome: 'upgraded',
    },
    {
      title: 'healthy, over one that does not heed SIGTERM',
      offer: {},
      adjust: rehearse,
      leaves: 'new',
      outcome: 'upgraded',
    },
  ]
}

function rehearse({ upgrade }: ControllerSettings): void {
  upgrade.rehearsal = true
}

const good: Entry['entry'][] = [
  'begin',
  'quiesce',
  'stop',
  'snapshot',
  'snapshot-done',
  'replace',
  'start',
  'commit',
  'end',
]
/** Only what is not yet in the others. */
const undone: Entry['entry'][] = ['undo', 'restored', 'tidied', 'end']
const wayBack: Entry['entry'][] = ['restore', 'start', 'commit', 'end']

/** SIGKILL before and after each entry of the journal: of an upgrade, of one that undoes itself, and of a rollback. */
export function killCases(): Episode[] {
  const moments = (['before', 'after'] as const).flatMap((when) => [
    ...good.map(
      (entry): Episode => ({
        title: `killed ${when} ${entry}`,
        offer: {},
        errand: { kill: { entry, when } },
        leaves: isCommitted(entry, when) ? 'new' : 'old',
      }),
    ),
    {
      title: `killed ${when} rehearse`,
      offer: {},
      adjust: rehearse,
      errand: { kill: { entry: 'rehearse', when } },
      leaves: 'old',
    } satisfies Episode,
    ...undone.map(
      (entry): Episode => ({
        title: `killed ${when} ${entry} of an undoing`,
        offer: { variant: 'corrupts-and-breaks' },
        errand: { kill: { entry, when } },
        leaves: 'old',
      }),
    ),
    ...wayBack.map(
      (entry): Episode => ({
        title: `killed ${when} ${entry} of a rollback`,
        offer: {},
        errand: { act: 'rollback', kill: { entry, when } },
        leaves: 'either',
      }),
    ),
  ])
  return moments
}

function isCommitted(entry: Entry['entry'], when: 'before' | 'after'): boolean {
  return entry === 'end' || (entry === 'commit' && when === 'after')
}

/** SIGKILL at moments that chance chooses, and SIGTERM, after which footman itself undoes what it has begun. */
export function randomKills(count: number, random: () => number): Episode[] {
  return Array.from({ length: count }, (_, number): Episode => {
    const afterMs = Math.round(random() * 6_000)
    const signal = number % 4 === 3 ? 'SIGTERM' : 'SIGKILL'
    const offer = random() < 0.5 ? {} : { variant: 'corrupts-and-breaks' as const }
    return {
      title: `${signal} ${afterMs} ms after the preflight, ${offer.variant ?? 'healthy'}`,
      offer,
      during: async (phase, runner) => {
        if (phase !== 'preflight') return
        await delay(afterMs)
        runner.kill(signal)
      },
      leaves: 'either',
    }
  })
}

/** The engine goes down and comes up again when a phase begins; in turn as on a reboot, and as if it had crashed. */
export function engineRestarts(engine: PrivateEngine): Episode[] {
  const phases = [
    'rehearse',
    'quiesce',
    'warm-copy',
    'stop',
    'snapshot',
    'start',
    'gate',
    'undo',
    'commit',
  ] as const
  return phases.map((at, number): Episode => {
    const signal = number % 2 === 0 ? 'SIGKILL' : 'SIGTERM'
    return {
      title: `the engine gets ${signal} at ${at}`,
      offer: at === 'undo' ? { variant: 'corrupts-and-breaks' } : {},
      adjust: (settings) => {
        settings.upgrade.rehearsal = at === 'rehearse'
      },
      during: async (phase) => {
        if (phase !== at) return
        await engine.stop(signal)
        await engine.start()
      },
      leaves: 'either',
    }
  })
}
