import type { ContainerHost } from '../../core/container-host.ts'
import type { Secret } from '../../core/secret.ts'
import type { HomeKeeper, HomePlaces } from '../home/home.ts'
import type { Fingerprint } from './fingerprint.ts'

/** Where the third act plays: an engine with a controller's image, and a home that has been in use. */
export interface DemoSet {
  host: ContainerHost
  keeperOf: (places: HomePlaces) => HomeKeeper
  /** Of the controller's container, and of the image that it follows. */
  name: string
  reference: string
  home: string
  store: string
  account: { user: string; token: Secret }
  /** From now on the reference names a version that spoils the home and does not start. */
  releaseBrokenVersion(): Promise<void>
  /** Every byte of the home, read while the controller runs. */
  fingerprint(): Promise<Fingerprint>
  /** In words for people. */
  note: string
  close(): Promise<void>
}

/** Of the controller. */
export const versions = { old: '2.498', broken: '2.516' }
