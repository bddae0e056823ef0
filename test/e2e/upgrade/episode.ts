import type { ControllerSettings } from '../../../jenkins/config/settings.ts'
import type { PracticeControllerSpec } from '../../../jenkins/practice/controller-image/image.ts'
import type { OutcomeKind } from '../../../jenkins/upgrade/contract.ts'
import { history } from '../../../jenkins/upgrade/history.ts'
import type { Errand } from './errand.ts'
import { difference } from './home-listing.ts'
import type { During, Theatre } from './theatre.ts'

/** One case of the campaign. */
export interface Episode {
  title: string
  /** What the followed tag names next. */
  offer: PracticeControllerSpec
  errand?: Partial<Errand>
  /** Settings that are other than usual. */
  adjust?: (settings: ControllerSettings) => void
  during?: During
  /** What runs afterwards. `either`: both are good, and so is an earlier version. */
  leaves: 'old' | 'new' | 'either'
  /** How it must have ended, if footman lived to tell. */
  outcome?: OutcomeKind | undefined
  /** Its exit code; default: 0, or none when it is killed. */
  exitCode?: number
}

const versions = ['2.498', '2.504', '2.516']

/** Plays a case, lets a fresh footman recover, and says what an admin would not want to find. */
export async function play(theatre: Theatre, episode: Episode): Promise<string[]> {
  const { offer, errand = {}, adjust, during, leaves, outcome } = episode
  const settings = structuredClone(theatre.settings)
  adjust?.(settings)
  const before = await theatre.running()
  const listing = await theatre.listing()
  const version = versions.find((one) => one !== before.version)
  const offered = await theatre.offer({ ...(version !== undefined && { version }), ...offer })
  const dealt = await theatre.run({ settings, ...errand }, during)
  const wrong: string[] = []
  if (errand.kill && dealt.signal !== 'SIGKILL') wrong.push(`it was not killed: ${dealt.said}`)
  if (!errand.kill && outcome !== undefined && dealt.outcome?.kind !== outcome) {
    wrong.push(`it ended as ${dealt.outcome?.kind}: ${dealt.outcome?.reason ?? dealt.error}\n${dealt.said}`)
  }
  if (episode.exitCode !== undefined && dealt.exitCode !== episode.exitCode) {
    wrong.push(`exit code ${dealt.exitCode}, ${dealt.signal}: ${dealt.said}`)
  }
  if (errand.kill?.entry === 'restored' && errand.kill.when === 'after')
    wrong.push(...(await compareWhole(theatre)))
  const recovered = await theatre.recover()
  if (recovered?.kind === 'deferred') wrong.push(`not recovered: ${recovered.reason}`)
  const expected = { old: [before.version], new: [offered], either: [before.version, offered, ...versions] }[
    leaves
  ]
  wrong.push(
    ...(await theatre.check({
      versions: expected,
      listing: leaves === 'new' ? await theatre.listing() : listing,
    })),
  )
  return wrong.map((line) => `${episode.title}: ${line}`)
}

/** The old controller has not started yet: the home must be the backup, to the last byte. */
async function compareWhole(theatre: Theatre): Promise<string[]> {
  const [last] = await history(theatre)
  if (!last) return ['nothing is in the journal']
  const [home, backup] = await Promise.all([theatre.listing(true), theatre.backupListing(last.transaction)])
  if (backup.length < 100) return [`the backup has only ${backup.length} entries`]
  return difference(backup, home).map((line) => `restored home: ${line}`)
}
