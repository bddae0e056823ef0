import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll } from 'vitest'
import type { ContainerHost, JsonObject } from '../../core/container-host.ts'
import { connectDockerHost } from '../../core/docker.ts'
import { shippedFile } from '../../core/package.ts'
import { Secret } from '../../core/secret.ts'
import { connectJenkins } from '../../jenkins/connect.ts'
import type { HealthProbe } from '../../jenkins/health/health.ts'
import { healthProbe } from '../../jenkins/health/probe.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import {
  type PracticeControllerSpec,
  practiceControllerBase,
  practiceControllerImage,
} from '../../jenkins/practice/controller-image/image.ts'
import {
  type PracticeHomeOptions,
  practiceHome,
} from '../../jenkins/practice/controller-image/practice-home.ts'
import { tunnelAgent } from '../../jenkins/tunnel.ts'

export interface Account {
  user: string
  token: string
}

/** Practice controllers in the real engine, for the tests of one file. What they make is removed at the end. */
export interface PracticeControllers {
  readonly host: ContainerHost
  /** On all that is made here. */
  readonly labels: Record<string, string>
  /** A name that nobody else uses. */
  name(): string
  /** An image of that kind; each call makes one of its own name. */
  image(spec?: PracticeControllerSpec): Promise<string>
  /** A fresh volume; filled as a home in use when asked for. */
  volume(): Promise<string>
  home(options?: Partial<PracticeHomeOptions>): Promise<Account & { home: string }>
  /** Starts a container on a home, and gives its id. */
  start(image: string, home: string, body?: JsonObject): Promise<string>
  probe(container: string, account?: Account): HealthProbe
  jenkins(container: string, account: Account): Jenkins
}

/** Call it at the top of the file. */
export function usePracticeControllers(): PracticeControllers {
  const run = `footman-test-${randomBytes(4).toString('hex')}`
  const labels = { 'footman-test': run }
  const images: string[] = []
  let made = 0
  let connected: ContainerHost | undefined
  let base = ''
  const controllers: PracticeControllers = {
    get host(): ContainerHost {
      if (!connected) throw new Error('the engine is there from beforeAll on')
      return connected
    },
    labels,
    name: () => `${run}-${++made}`,
    async image(spec = {}) {
      const reference = spec.reference ?? `${run}:${++made}`
      images.push(reference)
      return practiceControllerImage(controllers.host, { base, ...spec, reference, labels })
    },
    async volume() {
      const name = controllers.name()
      await controllers.host.createVolume(name, labels)
      return name
    },
    async home(options = {}) {
      const home = options.home ?? (await controllers.volume())
      return { home, ...(await practiceHome(controllers.host, { image: base, ...options, home })) }
    },
    async start(Image, home, body = {}) {
      const HostConfig = { Binds: [`${home}:/var/jenkins_home`], ...(body.HostConfig as JsonObject) }
      const id = await controllers.host.create(controllers.name(), {
        ...{ Image, Labels: labels },
        ...body,
        HostConfig,
      })
      await controllers.host.start(id)
      return id
    },
    probe: (container, account) =>
      healthProbe({
        ...{ host: controllers.host, container, port: 8080, prefix: '', timeoutMs: 3000 },
        account: account && { user: account.user, token: new Secret(account.token) },
      }),
    jenkins: (container, { user, token }) =>
      connectJenkins({
        ...{ url: 'http://127.0.0.1:8080/', user, token: new Secret(token) },
        agent: tunnelAgent(controllers.host, container, { port: 8080 }),
      }),
  }
  beforeAll(async () => {
    await compile()
    connected = await connectDockerHost()
    // Under a name of our own, so that nobody who tidies up takes it away.
    base = `${run}:base`
    await connected.tag(await practiceControllerBase(connected), base)
    images.push(base)
  })
  afterAll(async () => {
    const host = connected
    if (!host) return
    for (const { id } of await host.list(labels)) await host.remove(id, { volumes: true })
    for (const volume of await host.listVolumes(labels)) await host.removeVolume(volume)
    for (const image of images) await host.removeImage(image)
    await removeOldBases(host)
  })
  return controllers
}

/** Each change of the code makes a new base; after some hours nobody wants the ones before. */
async function removeOldBases(host: ContainerHost): Promise<void> {
  const bases = await host.listImages({ 'footman.practice': 'controller-base' })
  const old = bases.filter(({ createdAtMs }) => createdAtMs < Date.now() - 4 * 3_600_000)
  for (const reference of old.flatMap(({ references }) => references)) await host.removeImage(reference)
}

/** The images carry compiled code: whoever runs one test file need not think of compiling it first. */
async function compile(): Promise<void> {
  const compiled = await newest(shippedFile('dist/jenkins/practice'))
  const sources = await Promise.all(['jenkins/practice', 'core'].map((folder) => newest(shippedFile(folder))))
  if (Math.max(...sources) <= compiled) return
  // An error of somebody else's that does not concern the image is no reason to stop.
  await promisify(execFile)('npx', ['tsc', '-p', '.'], { cwd: shippedFile('.') }).catch(() => undefined)
}

/** When the newest file of a folder was written; 0 without one. */
async function newest(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true }).catch(() => [])
  const times = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).mtimeMs))
  return Math.max(0, ...times)
}
