import type { Clock } from '../../../core/clock.ts'
import type { RawContainer } from '../../../core/container-host.ts'
import type { Journal } from '../../../core/journal.ts'
import { silentLog } from '../../../core/log.ts'
import type { ControllerSettings } from '../../../jenkins/config/settings.ts'
import type { Sight } from '../../../jenkins/health/health.ts'
import type { Jenkins } from '../../../jenkins/jenkins.ts'
import type { UpgradeOptions } from '../../../jenkins/upgrade/contract.ts'
import type { Entry } from '../../../jenkins/upgrade/entries.ts'
import { type HostFake, hostFake } from '../../support/host-fake.ts'
import { MemoryHomes } from './memory-home.ts'

/** What is thrown from the moment on at which footman is killed: nothing in footman knows it. */
export class Killed extends Error {}

export type Behaviour = 'healthy' | 'broken' | 'broken, but not in a rehearsal'

/** An engine, homes, a clock and a journal in memory, with a controller that runs, and a newer image behind its tag. */
export interface MemoryStage {
  host: HostFake
  homes: MemoryHomes
  settings: ControllerSettings
  entries: Entry[]
  options: UpgradeOptions
  /** The new image comes from a registry. */
  isPulled: boolean
  oldImage: string
  newImage: string
  clock: Clock
  /** Texts of quiet mode by container id. */
  quiet: Map<string, string>
  /** URLs of builds that run on the controller. */
  builds: string[]
  /** Lets the tag name an image of this version. */
  offer: (version: string) => void
  /** What must never have happened. */
  violations: string[]
  /** Called at every moment at which something outside footman changes. */
  onMoment: (what: string) => void
  /** The sight of a container; the variant of its image by default. */
  look: (container: RawContainer) => Sight
}

export interface StageWishes {
  /** The newer image is not here yet, but in a registry. */
  inRegistry?: boolean
  behaviour?: Behaviour
  stateFolder: string
  settings?: Partial<ControllerSettings>
}

export const name = 'jenkins'
export const remoteDigest = `sha256:${'d'.repeat(64)}`
const remoteImage = `sha256:${'2'.repeat(64)}`
export const reference = 'example.com/jenkins:lts'

/** Sets the stage. The old controller runs already, with a policy, ports, a second network and an environment. */
export async function memoryStage({
  behaviour = 'healthy',
  inRegistry = false,
  stateFolder,
  ...wishes
}: StageWishes): Promise<MemoryStage> {
  let nowMs = Date.UTC(2026, 0, 5, 3, 30)
  const clock: Clock = {
    now: () => nowMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted()
      nowMs += ms
      await Promise.resolve()
    },
  }
  const host = hostFake({ now: clock.now })
  const homes = new MemoryHomes('jenkins_home', 'the home')
  const settings = settingsWith(wishes.settings)
  const entries: Entry[] = []
  const quiet = new Map<string, string>()
  const builds: string[] = []
  const image = (version: string) => ({ Config: { Env: [`JENKINS_VERSION=${version}`, 'PATH=/bin'] } })
  const oldImage = host.addImage(reference, image('1.0'))
  await host.createVolume('jenkins_home', {})
  await host.createNetwork({ Name: 'back' })
  await host.createNetwork({ Name: 'front' })
  const old = await host.create(name, {
    Image: reference,
    Env: ['JAVA_OPTS=-Xmx1g'],
    HostConfig: {
      Binds: ['jenkins_home:/var/jenkins_home'],
      NetworkMode: 'back',
      RestartPolicy: { Name: 'always', MaximumRetryCount: 0 },
    },
  })
  await host.connect('front', old, { Aliases: ['ci'] })
  await host.start(old)
  const newImage = inRegistry ? remoteImage : host.addImage(reference, image('2.0'))
  if (inRegistry)
    host.setRemote(reference, { digest: remoteDigest, image: { Id: remoteImage, ...image('2.0') } })

  const versions = new Map([
    [oldImage, '1.0'],
    [newImage, '2.0'],
  ])
  const isNew = (container: RawContainer) => container.Image !== oldImage
  const isRehearsal = (container: RawContainer) => container.Name.includes('-rehearsal-')
  const stage: MemoryStage = {
    host,
    homes,
    settings,
    entries,
    isPulled: inRegistry,
    oldImage,
    newImage,
    clock,
    quiet,
    builds,
    offer: (version) => void versions.set(host.addImage(reference, image(version)), version),
    violations: [],
    onMoment: () => {},
    look(container) {
      if (container.State.Running !== true) return { state: 'dead', reason: 'it does not run' }
      const isBroken = behaviour === 'broken' || (behaviour !== 'healthy' && !isRehearsal(container))
      if (isNew(container) && isBroken) return { state: 'broken', reason: 'a stack trace' }
      return {
        state: 'up',
        version: versions.get(container.Image) ?? 'unknown',
        session: String(container.State.StartedAt),
        quietingDown: quiet.has(container.Id),
        plugins: [{ shortName: 'git', version: '5', active: true, enabled: true }],
        jobs: 3,
        onlineNodes: 0,
      }
    },
    options: {
      settings,
      host,
      stateFolder,
      keeperOf: () => homes.keeper(),
      probeOf: (container) => ({
        look: async () => {
          const raw = await host.inspect(container)
          return raw ? stage.look(raw) : { state: 'dead', reason: 'it is gone' }
        },
      }),
      jenkinsIn: (container) => jenkinsIn(stage, container),
      log: silentLog,
      clock,
      random: () => 0.5,
      patienceMs: 5_000,
      openJournal: async () => memoryJournal(stage) as never,
    },
  }
  host.onChange(({ name: call }, when) => stage.onMoment(`${when} ${call}`))
  homes.onChange = (call, when) => stage.onMoment(`${when} ${call}`)
  // Whatever runs writes to its home, and quiet mode does not outlive a boot.
  host.onStart((container) => {
    quiet.delete(container.Id)
    if (isRehearsal(container)) return
    const running = host.containers().filter((one) => one.State.Running === true && !isRehearsal(one))
    if (running.length > 1) stage.violations.push('two controllers ran on one home')
    if (isNew(container)) homes.content = `${homes.content}, migrated`
    else if (homes.content.includes('migrated'))
      stage.violations.push('the old one ran on the home of the new one')
  })
  return stage
}

function jenkinsIn(stage: MemoryStage, container: string): Jenkins {
  const calls: Pick<Jenkins, 'root' | 'quietDown' | 'cancelQuietDown' | 'runningBuilds'> = {
    root: async () => {
      const quietDownReason = stage.quiet.get(container)
      return {
        ...{ version: '1.0', session: '', agentPort: -1, usesCrumbs: false, rootUrl: undefined },
        ...{ builtInExecutors: 0, clockSkewMs: undefined },
        quietingDown: quietDownReason !== undefined,
        ...(quietDownReason !== undefined && { quietDownReason }),
      }
    },
    quietDown: async (reason) => {
      stage.onMoment('before quietDown')
      stage.quiet.set(container, reason)
      stage.onMoment('after quietDown')
    },
    cancelQuietDown: async () => {
      stage.onMoment('before cancelQuietDown')
      stage.quiet.delete(container)
      stage.onMoment('after cancelQuietDown')
    },
    runningBuilds: async () => stage.builds.map((url) => ({ url, resumable: false })),
  }
  return calls as Jenkins
}

function memoryJournal(stage: MemoryStage): Journal<Entry> {
  return {
    get entries() {
      return stage.entries
    },
    append: async (entry) => {
      await Promise.resolve()
      stage.onMoment(`before the entry ${entry.entry}`)
      stage.entries.push(structuredClone(entry))
      stage.onMoment(`after the entry ${entry.entry}`)
    },
    close: async () => {},
  }
}

function settingsWith(changes: Partial<ControllerSettings> = {}): ControllerSettings {
  return {
    name,
    image: reference,
    home: 'jenkins_home',
    ports: { http: 8080, agents: 50_000, bind: '127.0.0.1' },
    memoryBytes: undefined,
    timeZone: undefined,
    restart: 'unless-stopped',
    env: {},
    account: undefined,
    build: { base: reference, plugins: [], casc: undefined, docker: false, reference },
    backups: { store: 'jenkins_backups', keep: 5, keepMs: 30 * 86_400_000, verify: true },
    upgrade: {
      rehearsal: true,
      quiesce: { policy: 'wait', deadlineMs: 60_000, message: 'an upgrade' },
      stopGraceMs: 10_000,
      gate: { deadlineMs: 60_000, looks: 2, intervalMs: 1_000, soakMs: 2_000 },
      mayMissPlugins: [],
      probe: [],
      probeTimeoutMs: 1_000,
    },
    prune: { keepContainers: 1, keepImages: 2, keepFailedHomes: 1, keepMs: 30 * 86_400_000 },
    schedule: { cron: '30 3 * * *', timeZone: undefined, jitterMs: 0 },
    notify: { on: [], webhooks: [], command: [] },
    ...changes,
  }
}
