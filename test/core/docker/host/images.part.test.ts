import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { packFiles } from '../../../../core/docker/archive.ts'
import { connectDockerHost } from '../../../../core/docker.ts'
import { run } from '../../../../core/process.ts'
import { startRegistry } from '../../../library/support/registry.ts'
import { useDockerHost } from '../../../support/docker-host.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const engine = useDockerHost()
const missing = 'footman-test-nowhere:1'

function dockerfile(text: string): Promise<Buffer> {
  return packFiles([{ name: 'Dockerfile', content: Buffer.from(text), mode: 0o644, uid: 0, gid: 0 }])
}

async function build(
  text: string,
  more: { onProgress?: (line: string) => void; buildArgs?: Record<string, string> } = {},
) {
  const reference = `${engine.name()}:1`
  const context = Readable.from([await dockerfile(text)])
  return { reference, id: await engine.host.build(context, { reference, labels: engine.labels, ...more }) }
}

test('an image is inspected whole, named again, and loses its names one by one', async () => {
  const { host, docker } = engine
  const image = await host.inspectImage(docker.image)
  expect(image).toMatchObject({
    RepoTags: [docker.image],
    Config: { User: 'jenkins' },
    RootFS: { Type: 'layers' },
  })
  const second = `${engine.name()}:2`
  await host.tag(docker.image, second)
  expect((await host.inspectImage(second))?.Id).toBe(image?.Id)
  expect(await host.removeImage(second)).toEqual({ removed: true })
  expect(await host.removeImage(second)).toEqual({ removed: false })
  expect(await host.inspectImage(second)).toBeUndefined()
  expect(await host.inspectImage(docker.image)).toMatchObject({ Id: image?.Id, RepoTags: [docker.image] })
})

test('an image in use keeps its last name', async () => {
  const { reference } = await build(`FROM ${engine.docker.image}\nENV A=1`)
  await engine.make('true', { Image: reference })
  expect(await engine.host.removeImage(reference)).toEqual({ removed: false })
})

test('an image is built from another, with arguments and labels, and tells its steps', async () => {
  const told: string[] = []
  const { reference, id } = await build(
    `FROM ${engine.docker.image}\nARG WHO=nobody\nENV WHO=$WHO\nUSER root\nRUN echo "built for $WHO" >/made`,
    { buildArgs: { WHO: 'admin' }, onProgress: (line) => told.push(line) },
  )
  expect(await engine.host.inspectImage(reference)).toMatchObject({
    Id: id,
    Config: { Env: expect.arrayContaining(['WHO=admin']), Labels: engine.labels },
  })
  expect(told).toContainEqual(expect.stringMatching(/^Step \d\/\d : RUN/))
  const listed = (await engine.host.listImages(engine.labels)).find((image) => image.id === id)
  expect(listed).toMatchObject({
    references: [reference],
    sizeBytes: expect.any(Number),
    labels: engine.labels,
  })
  expect(Math.abs((listed?.createdAtMs ?? 0) - Date.now())).toBeLessThan(60_000)
})

test('a build that fails says why in its own words', async () => {
  await expect(build(`FROM ${engine.docker.image}\nRUN exit 9`)).rejects.toMatchObject({
    code: 'remote',
    message: expect.stringMatching(/^cannot build the image .* returned a non-zero code: 9$/),
  })
  await expect(build('FORM x')).rejects.toMatchObject({
    message: expect.stringMatching(/unknown instruction/),
  })
})

test('an image that no registry has is told apart from a registry that is away', async () => {
  const { host } = await startRegistry(await tempDir())
  const reference = `${host}/${missing}`
  expect(await engine.host.remoteDigest(reference)).toBeUndefined()
  expect(await engine.host.remoteDigest('127.0.0.1:9/a/b:1')).toBeUndefined()
  await expect(engine.host.pull(reference, () => {})).rejects.toMatchObject({
    code: 'user',
    hint: expect.stringMatching(/name and the tag/),
  })
  await expect(engine.host.pull('127.0.0.1:9/a/b:1', () => {})).rejects.toMatchObject({
    failure: 'unreachable',
  })
})

test('an image in a registry shows its digest before it is pulled', async () => {
  const { host } = engine
  const registry = await startRegistry(await tempDir())
  const reference = `${registry.host}/team/controller:lts`
  await host.tag(engine.docker.image, reference)
  await run(['docker', 'push', reference], { timeoutMs: 60_000 })
  const digest = await registry.digest('team/controller', 'lts')
  expect(await host.remoteDigest(reference)).toEqual({
    digest,
    platforms: [{ os: 'linux', arch: expect.any(String) }],
  })
  const untagged = `${registry.host}/team/controller`
  expect(await host.remoteDigest(untagged)).toBeUndefined()
  await host.removeImage(reference)
  await host.pull(`${untagged}@${digest}`, () => {})
  await host.pull(reference, () => {})
  expect((await host.inspectImage(reference))?.RepoDigests).toEqual([`${untagged}@${digest}`])
  await host.removeImage(reference)
  await host.removeImage(`${untagged}@${digest}`)
})

test('a registry with a login is asked with what docker login left behind, or a credential helper knows', async () => {
  const folder = await tempDir()
  const password = 'correct horse'
  const registry = await startRegistry(folder, {
    user: 'ann',
    password,
    bcrypt: await bcrypt(password),
  })
  const reference = `${registry.host}/private/controller:1`
  const withConfig = async (name: string, config: object) => {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'config.json'), JSON.stringify(config))
    const env = { ...process.env, DOCKER_CONFIG: join(folder, name), PATH: `${folder}:${process.env.PATH}` }
    return { env, host: await connectDockerHost({ env }) }
  }
  const auth = Buffer.from(`ann:${password}`).toString('base64')
  const known = await withConfig('known', { auths: { [registry.host]: { auth } } })
  await engine.host.tag(engine.docker.image, reference)
  await run(['docker', 'push', reference], { timeoutMs: 60_000, env: known.env })
  await engine.host.removeImage(reference)

  const unknown = await withConfig('unknown', {})
  expect(await unknown.host.remoteDigest(reference)).toBeUndefined()
  await expect(unknown.host.pull(reference, () => {})).rejects.toMatchObject({ failure: 'unauthenticated' })
  const wrong = Buffer.from('ann:wrong').toString('base64')
  const mistaken = await withConfig('mistaken', { auths: { [registry.host]: { auth: wrong } } })
  await expect(mistaken.host.pull(reference, () => {})).rejects.toMatchObject({ failure: 'unauthenticated' })

  const helper = `#!/bin/sh\n[ "$1 $(cat)" = "get ${registry.host}" ] && echo '{"Username":"ann","Secret":"${password}"}'\n`
  await writeFile(join(folder, 'docker-credential-vault'), helper, { mode: 0o755 })
  const helped = await withConfig('helped', { credHelpers: { [registry.host]: 'vault' } })
  for (const { host } of [known, helped]) {
    expect(await host.remoteDigest(reference)).toMatchObject({
      digest: await registry.digest('private/controller', '1'),
    })
    await host.pull(reference, () => {})
    expect(await host.removeImage(reference)).toEqual({ removed: true })
  }
})

async function bcrypt(password: string): Promise<string> {
  // libxcrypt, which perl uses, knows bcrypt.
  const script = 'print crypt($ARGV[0], q($2y$05$abcdefghijklmnopqrstuu))'
  return (await run(['perl', '-e', script, password], { timeoutMs: 10_000 })).stdout
}
