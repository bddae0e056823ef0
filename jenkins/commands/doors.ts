import { type Clock, systemClock } from '../../core/clock.ts'
import type { CommandContext } from '../../core/command.ts'
import type { ContainerHost } from '../../core/container-host.ts'
import { connectDockerHost } from '../../core/docker.ts'
import type { ControllerSettings } from '../config/settings.ts'
import type { HealthProbe } from '../health/health.ts'
import type { HomeKeeper, HomePlaces } from '../home/home.ts'
import { homeKeeper } from '../home/keeper.ts'
import type { Jenkins } from '../jenkins.ts'
import { jenkinsIn, probeIn } from '../reach.ts'
import { history } from '../upgrade/history.ts'
import { prune } from '../upgrade/prune.ts'
import { recover } from '../upgrade/recover.ts'
import { rollback } from '../upgrade/rollback.ts'
import { upgrade } from '../upgrade/upgrade.ts'
import { whatsNew } from '../upgrade/whats-new.ts'

/** Through these the commands reach the rooms of the trade and the world outside. Tests put others in their place. */
export interface Doors {
  connect(context: CommandContext): Promise<ContainerHost>
  keeperOf(host: ContainerHost, places: HomePlaces): HomeKeeper
  probeOf(host: ContainerHost, container: string, settings: ControllerSettings): HealthProbe
  /** Undefined without an account. */
  jenkinsIn(host: ContainerHost, container: string, settings: ControllerSettings): Jenkins | undefined
  upgrade: typeof upgrade
  rollback: typeof rollback
  recover: typeof recover
  prune: typeof prune
  history: typeof history
  whatsNew: typeof whatsNew
  clock: Clock
  /** 0 to 1. */
  random: () => number
}

export const realDoors: Doors = {
  connect: ({ env, log, signal }) => connectDockerHost({ env, log, signal }),
  keeperOf: (host, places) => homeKeeper({ host, places }),
  probeOf: (host, container, { account }) => probeIn({ host, container, account }),
  jenkinsIn: (host, container, { account }) => jenkinsIn({ host, container, account }),
  upgrade,
  rollback,
  recover,
  prune,
  history,
  whatsNew,
  clock: systemClock,
  random: Math.random,
}
