import type { VitalSigns } from '../health/health.ts'
import type { HomePlaces } from '../home/home.ts'
import type { Concern, HomeMount } from '../recipe/recipe.ts'
import type { Release } from './contract.ts'
import type { Surroundings } from './look-around.ts'

/** All that was found out, and decided, before anything is touched. */
export interface Plan {
  kind: 'upgrade' | 'rollback'
  seen: Surroundings
  home: HomeMount
  places: HomePlaces
  to: Release
  /** Pulled first; then `to` lacks its image id. */
  pull: string | undefined
  /** The image that the recipe is made from, besides the new one: the source container may be an older one that was kept. */
  source: Pick<Surroundings, 'container' | 'image'>
  /** Names of containers that the source shares something with, by id. */
  neighbours: Readonly<Record<string, string>>
  /** Of the old controller when it was last looked at; undefined when that did not matter. */
  signs: VitalSigns | undefined
  concerns: Concern[]
  /** Newest backup: what did not change since is linked, not copied. */
  base: string | undefined
  /** Of a rollback: what the home is made again from. */
  backup: string | undefined
  rehearse: boolean
}
