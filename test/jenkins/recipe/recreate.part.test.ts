import { randomBytes, randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ContainerHost, JsonObject, RawContainer } from '../../../core/container-host.ts'
import { connectDockerHost } from '../../../core/docker.ts'
import { runOrThrow } from '../../../core/process.ts'
import { recreateCommands } from '../../../jenkins/recipe/commands.ts'
import { neighbourIdsOf, recipeOf } from '../../../jenkins/recipe/make-recipe.ts'
import type { Recipe } from '../../../jenkins/recipe/recipe.ts'
import { inspectCases } from '../../support/inspect-cases.ts'
import { type InspectStage, inspectStage } from '../../support/inspect-stage.ts'

const prefix = `footman-test-${randomBytes(4).toString('hex')}`
let host: ContainerHost
let stage: InspectStage

beforeAll(async () => {
  host = await connectDockerHost()
  stage = await inspectStage(host, prefix, `10.${randomInt(215, 250)}`)
})
/** Those without a name as well, which outlive the containers that they were made for. */
const volumes = new Set<string>()
afterAll(async () => {
  await stage?.clear()
  for (const volume of volumes) await host.removeVolume(volume)
})

/** A container that removes itself is refused before. */
const cases = Object.entries(inspectCases).filter(([name]) => name !== 'removes-itself')
const name = `${prefix}-jenkins`

async function recipeFor(container: RawContainer, to: string): Promise<Recipe> {
  const names = await Promise.all(
    neighbourIdsOf(container).map(async (id) => [id, (await host.inspect(id))?.Name.slice(1) ?? id]),
  )
  const oldImage = await host.inspectImage(container.Image)
  const newImage = await host.inspectImage(to)
  if (!oldImage || !newImage) throw new Error('the images are gone')
  const neighbours = Object.fromEntries(names)
  return recipeOf({ container, oldImage, newImage, name, reference: to, neighbours })
}

async function make({ body, connect }: Recipe): Promise<string> {
  const id = await host.create(name, body)
  for (const { network, endpoint } of connect) await host.connect(network, id, endpoint)
  return id
}

async function look(id: string): Promise<RawContainer> {
  const found = await host.inspect(id)
  if (!found) throw new Error(`no container ${id}`)
  for (const { Type, Name } of found.Mounts) if (Type === 'volume') volumes.add(String(Name))
  return found
}

async function takeAway(id: string): Promise<void> {
  await host.stop(id, 0)
  await host.remove(id)
}

describe.each(cases)('%s', (_, how) => {
  // A port of the host that nobody else uses.
  const safe = { ...how, options: how.options.map((word) => word.replace(/^8080:8080$/, '127.0.0.1::8080')) }

  test('is made again with the same image so that inspect sees no difference, also by hand', async () => {
    const before = await look(await stage.make(name, safe))
    const recipe = await recipeFor(before, String(before.Config.Image))
    await takeAway(before.Id)
    const id = await make(recipe)
    if (before.State.Running) await host.start(id)
    const after = await look(id)
    await takeAway(id)
    expect(comparable(after)).toEqual(comparable(before))

    // The command line refuses some of what engines take, and the recipe of such a container goes through the API only.
    if (how.body) return
    for (const line of recreateCommands(recipe)) {
      if (before.State.Running || !line.startsWith('docker start')) {
        await runOrThrow(['sh', '-c', line], { timeoutMs: 60_000 })
      }
    }
    const made = await look(name)
    await takeAway(made.Id)
    expect(comparable(made)).toEqual(comparable(before))
  })
})

test("a new image's own values come in, and what a person has set stays", async () => {
  const before = await look(
    await stage.make(name, {
      options: ['-v', `${prefix}-home:/var/jenkins_home`, '-e', 'TEAM=ci', '-w', '/srv'],
    }),
  )
  const recipe = await recipeFor(before, stage.images.new)
  await takeAway(before.Id)
  const after = await look(await make(recipe))
  await takeAway(after.Id)
  expect(after.Config).toMatchObject({
    User: '1002',
    WorkingDir: '/srv',
    StopSignal: 'SIGQUIT',
    Cmd: ['--httpPort=8080', '--new'],
    Healthcheck: { Interval: 32e9, Timeout: 6e9, Retries: 5, Test: ['CMD-SHELL', 'test -e /'] },
  })
  expect(Object(after.Config.Env).toSorted()).toEqual([
    ...['JENKINS_HOME=/var/jenkins_home', 'JENKINS_VERSION=2.504.1', 'LANG=C', 'NEW_ONLY=yes'],
    ...[expect.stringMatching(/^PATH=/), 'TEAM=ci'],
  ])
  const { 'old.only': old, ...labels } = Object(after.Config.Labels)
  expect(old).toBeUndefined()
  expect(labels).toMatchObject({ version: '2.504.1', 'new.only': 'yes', maintainer: 'them' })
})

test('a volume without a name goes on in the new container, with what is in it', async () => {
  const before = await look(await stage.make(name, { options: ['-u', '0'] }))
  await host.exec(before.Id, { command: ['sh', '-c', 'echo precious >/var/jenkins_home/jobs'] })
  const recipe = await recipeFor(before, stage.images.new)
  await takeAway(before.Id)
  const id = await make(recipe)
  await host.start(id)
  const { stdout } = await host.exec(id, { command: ['sh', '-c', 'read x </var/jenkins_home/jobs; echo $x'] })
  await takeAway(id)
  expect(stdout).toBe('precious\n')
})

/** Inspect without what is different for every container, and with what the engine chose before as what was asked for. */
function comparable({ Id, Config, HostConfig, Mounts, NetworkSettings }: RawContainer): JsonObject {
  const { Binds: _binds, PortBindings: _bindings, ContainerIDFile: _file, ...host } = HostConfig
  const short = Id.slice(0, 12)
  return JSON.parse(
    JSON.stringify({
      Config: {
        ...Config,
        Labels: theirs(Object(Config.Labels)),
        Env: sorted(Config.Env),
        Hostname: Config.Hostname === short ? 'own' : Config.Hostname,
      },
      HostConfig: { ...host, Mounts: (Object(host.Mounts ?? []) as JsonObject[]).map(withoutSource) },
      Mounts: Mounts.map(({ Mode: _mode, ...mount }) => mount).toSorted(byDestination),
      Ports: NetworkSettings.Ports,
      Networks: Object.fromEntries(
        Object.entries(Object(NetworkSettings.Networks) as Record<string, JsonObject>).map(
          ([key, network]) => [key, asked(network, short)],
        ),
      ),
    }),
  )
}

function theirs(labels: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !key.startsWith('footman.')))
}

function withoutSource({ Source: _source, ...mount }: JsonObject): JsonObject {
  return mount
}

function asked({ IPAMConfig, Aliases, Links, DriverOpts }: JsonObject, short: string): JsonObject {
  const aliases = (Object(Aliases ?? []) as string[]).filter((alias) => alias !== short)
  return {
    IPAMConfig: Object(IPAMConfig ?? {}),
    Links: Links ?? null,
    DriverOpts: Object(DriverOpts ?? {}),
    aliases,
  }
}

function sorted(texts: JsonObject[string]): string[] {
  return (Object(texts ?? []) as string[]).toSorted()
}

function byDestination(a: JsonObject, b: JsonObject): number {
  return String(a.Destination) < String(b.Destination) ? -1 : 1
}
