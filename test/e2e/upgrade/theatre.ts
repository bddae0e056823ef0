import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../core/clock.ts'
import { silentLog } from '../../../core/log.ts'
import { Secret } from '../../../core/secret.ts'
import type { ControllerSettings } from '../../../jenkins/config/settings.ts'
import { homeKeeper } from '../../../jenkins/home/keeper.ts'
import {
  type PracticeControllerSpec,
  practiceControllerImage,
} from '../../../jenkins/practice/controller-image/image.ts'
import { newToken, practiceHome } from '../../../jenkins/practice/controller-image/practice-home.ts'
import { jenkinsIn, probeIn } from '../../../jenkins/reach.ts'
import type { Phase, UpgradeOptions } from '../../../jenkins/upgrade/contract.ts'
import { history } from '../../../jenkins/upgrade/history.ts'
import { recover } from '../../../jenkins/upgrade/recover.ts'
import type { PrivateEngine } from '../../support/private-engine.ts'
import { until } from '../../support/until.ts'
import { type Errand, type Return, Runner } from './errand.ts'
import { difference, homeListing } from './home-listing.ts'
import { campaignSettings, reference } from './settings.ts'

export interface TheatreOptions {
  engine: PrivateEngine
  /** Name of the controller, its volumes and its network. */
  name: string
  files: number
  bytes: number
  changes?: (settings: ControllerSettings) => void
}

/** What the test does when a phase begins; waited for. */
export type During = (phase: Phase, runner: Runner) => Promise<void> | void

/** One controller in an engine, with a home that was in use, and footmen of their own processes who upgrade it. */
export interface Theatre {
  name: string
  settings: ControllerSettings
  stateFolder: string
  /** Makes an image and lets the followed tag name it; returns its version. */
  offer(spec: PracticeControllerSpec): Promise<string>
  run(errand: Partial<Errand>, during?: During): Promise<Return>
  /** A fresh footman, in this process. */
  recover(): ReturnType<typeof recover>
  listing(whole?: boolean): Promise<string[]>
  /** The home as a complete backup has it, found without footman. */
  backupListing(id: string): Promise<string[]>
  /** Everything that an admin would not want to find; empty when all is well. */
  check(expected: Expected): Promise<string[]>
  /** Image id and version that run now. */
  running(): Promise<{ image: string; version: string }>
  dispose(): Promise<void>
}

export interface Expected {
  /** Versions that may run now. */
  versions: string[]
  /** The home must be this, if the first of the versions runs. */
  listing: string[]
}

/** Sets the stage: an image, a home, a network, and a controller that answers. */
export async function theatre({ engine, name, files, bytes, changes }: TheatreOptions): Promise<Theatre> {
  const { host } = engine
  const stateFolder = await mkdtemp(join(tmpdir(), 'footman-campaign-'))
  const token = newToken()
  const account = { user: 'admin', token: new Secret(token) }
  const settings = campaignSettings(name)
  changes?.(settings)
  const volumePath = async (volume: string) => String((await host.inspectVolume(volume))?.Mountpoint)

  const offer: Theatre['offer'] = async (spec) => {
    const { version = '2.498', variant = 'healthy', sparesRehearsals = false } = spec
    const image = `footman/practice-controller:${version}-${variant}${sparesRehearsals ? '-spares' : ''}`
    const isMade = await host.inspectImage(image)
    if (!isMade) await practiceControllerImage(host, { ...spec, version, reference: image })
    await host.tag(image, reference(name))
    return version
  }
  const first = await offer({ version: '2.498' })
  await host.createVolume(settings.home, {})
  await practiceHome(host, { home: settings.home, files, bytes, token, version: first })
  await host.createNetwork({ Name: `${name}-net`, CheckDuplicate: true })
  const id = await host.create(name, {
    Image: reference(name),
    Env: ['TZ=Europe/Berlin'],
    HostConfig: {
      Binds: [`${settings.home}:/var/jenkins_home`],
      NetworkMode: `${name}-net`,
      RestartPolicy: { Name: 'always', MaximumRetryCount: 0 },
    },
  })
  await host.start(id)
  const probe = () => probeIn({ host, container: name, account })
  const isUp = async () => {
    const sight = await probe().look()
    return sight.state === 'up' && sight
  }
  await until('the first controller is up', isUp)

  let next: Runner | undefined = new Runner()
  const options: UpgradeOptions = {
    settings: { ...settings, account },
    host,
    stateFolder,
    keeperOf: (places) => homeKeeper({ host, places }),
    probeOf: (container) => probeIn({ host, container, account }),
    jenkinsIn: (container) => jenkinsIn({ host, container, account }),
    log: silentLog,
    clock: systemClock,
  }
  const theatre: Theatre = {
    name,
    settings,
    stateFolder,
    offer,
    async run(errand, during = () => {}) {
      const runner = next ?? new Runner()
      next = new Runner()
      const whole: Errand = {
        engine: engine.address,
        settings,
        token,
        stateFolder,
        act: 'upgrade',
        ...errand,
        options: { force: true, patienceMs: 30_000, ...errand.options },
      }
      const doings: (Promise<void> | void)[] = []
      const dealt = await runner.run(whole, (phase) => doings.push(during(phase, runner)))
      await Promise.all(doings)
      return dealt
    },
    recover: () => recover(options),
    listing: async (whole) => homeListing(await volumePath(settings.home), whole),
    backupListing: async (backup) =>
      homeListing(join(await volumePath(settings.backups.store), name, backup, 'home'), true),
    async running() {
      const container = await host.inspect(name)
      const sight = await until('the controller answers', isUp)
      return { image: container?.Image ?? '', version: sight.version }
    },
    async check({ versions, listing }) {
      const wrong: string[] = []
      const sight = await until('the controller is healthy again', isUp).catch(() => undefined)
      if (!sight) wrong.push(`not healthy: ${JSON.stringify(await probe().look())}`)
      else if (!versions.includes(sight.version)) wrong.push(`it runs ${sight.version}`)
      if (sight?.quietingDown) wrong.push('it is quiet')
      wrong.push(...(await leftovers(theatre, engine)))
      if (sight?.version === versions[0]) {
        const now = await theatre.listing()
        wrong.push(...difference(listing, now).map((line) => `home: ${line}`))
      }
      const [last] = await history(options)
      if (last && !last.outcome) wrong.push('an unfinished transaction')
      return wrong
    },
    async dispose() {
      next?.kill('SIGKILL')
      next = undefined
      await rm(stateFolder, { recursive: true, force: true })
    },
  }
  return theatre
}

async function leftovers(
  { name, settings, stateFolder }: Theatre,
  { host }: PrivateEngine,
): Promise<string[]> {
  const wrong: string[] = []
  for (const container of (await host.list({})).filter((one) => one.name.startsWith(name))) {
    const isOld = container.name.startsWith(`${name}-old-`)
    if (container.name !== name && !isOld) wrong.push(`left over: container ${container.name}`)
    const raw = await host.inspect(container.id)
    const policy = (raw?.HostConfig.RestartPolicy as { Name?: string } | undefined)?.Name
    if (policy !== (isOld ? 'no' : 'always')) wrong.push(`${container.name} has the policy ${policy}`)
    if (isOld && container.status === 'running') wrong.push(`${container.name} runs as well`)
  }
  const ours = [settings.home, settings.backups.store]
  const strays = async () =>
    (await host.listVolumes({})).filter(
      (volume) => !ours.includes(volume) && (volume.startsWith(name) || volume.length === 64),
    )
  // One without a name may be of an image that is being built, or of the other stage, and goes by itself.
  const isTidy = async () => (await strays()).length === 0
  await until('no volume is left over', isTidy, { withinMs: 10_000 }).catch(() => undefined)
  wrong.push(...(await strays()).map((volume) => `left over: volume ${volume}`))
  const [last] = await history({ settings, stateFolder })
  const tag = last && `footman-campaign/${name}:footman-rollback-${last.transaction}`
  const tagged =
    tag && last.outcome !== 'upgraded' && last.outcome !== 'restored' && (await host.inspectImage(tag))
  if (tagged && tagged.RepoTags.length > 1) wrong.push(`left over: tag ${tag}`)
  return wrong
}
