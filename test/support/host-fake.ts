import type { Duplex } from 'node:stream'
import type {
  BuildOptions,
  ContainerHost,
  ExecResult,
  ExecSpec,
  HostFacts,
  RawContainer,
  RawImage,
} from '../../core/container-host.ts'
import { FakeContainers } from './fake-host/containers.ts'
import { FakeImages } from './fake-host/images.ts'
import { FakePlaces } from './fake-host/places.ts'

export type HostCall = keyof ContainerHost

/** One call: its name, and what it was given. */
export interface Call {
  name: HostCall
  args: readonly unknown[]
}

/** `before`: it has had no effect yet; `after`: it has had its effect, and nobody was told so far. */
export type When = 'before' | 'after'

export interface HostFake extends ContainerHost {
  /** All calls so far, also those that only look. */
  readonly calls: readonly Call[]
  /**
   * Called before and after every call that changes something. What it throws is what the caller gets: thrown `after`, the
   * change has been made. A test that "kills" footman throws from then on.
   */
  onChange(hook: (call: Call, when: When) => void | Promise<void>): void
  /** Called before every call, also those that only look; what it throws is what the caller gets. */
  onCall(hook: (call: Call) => void | Promise<void>): void
  /** An image on this machine; gives its id. One of the same name loses the name. */
  addImage(reference: string, image?: Partial<RawImage>): string
  /** What the registry has behind a name; undefined takes it away. */
  setRemote(reference: string, remote: { digest: string; image?: Partial<RawImage> } | undefined): void
  /** Whether `remoteDigest` can tell; pulling works either way. Default true. */
  setDigestsKnown(known: boolean): void
  /** All containers as inspect would tell them. */
  containers(): RawContainer[]
  /** All volumes, also anonymous ones. */
  volumes(): string[]
  networks(): string[]
  /** The process of a container ends by itself; its restart policy does what it says. */
  exit(container: string, code: number): void
  say(container: string, text: string): void
  /** Called when the process of a container has started, for whatever reason. */
  onStart(listener: (container: RawContainer) => void): void
  onEnd(listener: (container: RawContainer) => void): void
  /** Answers `exec`; default: exit code 0, no words. */
  onExec(answer: (container: RawContainer, spec: ExecSpec) => ExecResult | Promise<ExecResult>): void
  /** Answers `openExec`; without it that call fails. */
  onOpenExec(answer: (container: RawContainer, command: readonly string[]) => Duplex | Promise<Duplex>): void
  /** Says what a build makes; default: an image without anything. */
  onBuild(answer: (options: BuildOptions) => Partial<RawImage>): void
  /** What `changes` says of a container; default: nothing. */
  setChanges(container: string, changes: Awaited<ReturnType<ContainerHost['changes']>>): void
  /** The engine goes down with all containers and comes up again: policies bring theirs back. */
  restartEngine(): void
}

const looks = new Set<HostCall>([
  'facts',
  'inspect',
  'list',
  'wait',
  'logs',
  'changes',
  'getArchive',
  'inspectImage',
  'remoteDigest',
  'listImages',
  'inspectNetwork',
  'inspectVolume',
  'listVolumes',
])

export interface HostFakeOptions {
  facts?: Partial<HostFacts>
  now?: () => number
}

/**
 * An engine in memory, as ContainerHost sees it, with the answers and refusals of a real one (held against it by
 * test/support/host-contract.ts). Nothing runs in its containers.
 */
export function hostFake({ facts = {}, now = Date.now }: HostFakeOptions = {}): HostFake {
  const known = { ...hostFacts, ...facts }
  const calls: Call[] = []
  const changeHooks: ((call: Call, when: When) => void | Promise<void>)[] = []
  const callHooks: ((call: Call) => void | Promise<void>)[] = []
  const images = new FakeImages(now)
  const places = new FakePlaces()
  const containers = new FakeContainers({ images, places, now, apiVersion: known.apiVersion })

  const bare: ContainerHost = {
    facts: async () => known,
    ...containers.calls(),
    ...images.calls((image) => containers.uses(image)),
    ...places.calls(containers),
  }

  /** In a later turn, as over a socket; with the hooks around it. */
  async function enter(call: Call, act: () => Promise<unknown>): Promise<unknown> {
    calls.push(call)
    await Promise.resolve()
    signalOf(call)?.throwIfAborted()
    for (const hook of callHooks) await hook(call)
    if (looks.has(call.name)) return await act()
    for (const hook of changeHooks) await hook(call, 'before')
    const answer = await act()
    for (const hook of changeHooks) await hook(call, 'after')
    return answer
  }

  const hooked = Object.fromEntries(
    Object.entries(bare).map(([name, act]) => [
      name,
      (...args: unknown[]) =>
        enter({ name: name as HostCall, args }, () =>
          (act as (...args: unknown[]) => Promise<unknown>)(...args),
        ),
    ]),
  ) as unknown as ContainerHost

  return {
    ...hooked,
    calls,
    onChange: (hook) => void changeHooks.push(hook),
    onCall: (hook) => void callHooks.push(hook),
    addImage: (reference, image) => images.add(reference, image),
    setRemote: (reference, remote) => images.setRemote(reference, remote),
    setDigestsKnown: (value) => images.setDigestsKnown(value),
    containers: () => containers.all(),
    volumes: () => places.volumeNames(),
    networks: () => places.networkNames(),
    exit: (container, code) => containers.exit(container, code),
    say: (container, text) => containers.say(container, text),
    onStart: (listener) => containers.onStart(listener),
    onEnd: (listener) => containers.onEnd(listener),
    onExec: (answer) => containers.onExec(answer),
    onOpenExec: (answer) => containers.onOpenExec(answer),
    onBuild: (answer) => images.onBuild(answer),
    setChanges: (container, changes) => containers.setChanges(container, changes),
    restartEngine: () => containers.restartEngine(),
  }
}

function signalOf({ args }: Call): AbortSignal | undefined {
  const last = args.at(-1)
  return last instanceof AbortSignal ? last : undefined
}

const hostFacts: HostFacts = {
  name: 'Docker Engine',
  version: '20.10.24',
  apiVersion: '1.41',
  os: 'linux',
  arch: 'amd64',
}
