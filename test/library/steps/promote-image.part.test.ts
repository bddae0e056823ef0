import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { request as forward } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { promoteImage } from '../../../library/steps/promote-image.ts'
import { serveHttp } from '../../support/local-server.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { bcrypt } from '../support/bcrypt.ts'
import { importImage } from '../support/image.ts'
import { digestAt, type OciImage, pushImage } from '../support/oci-image.ts'
import { startRegistry } from '../support/registry.ts'
import { callStep } from '../support/step-call.ts'
import { tcpGate } from '../support/tcp-gate.ts'

const run = promisify(execFile)

describe('promoteImage', () => {
  test('copies every platform and the signature byte for byte, and moves nothing the second time', async () => {
    const { dev, prod, folder, image, promote } = await bench()
    await sign(folder, `${dev}/team/app`, image)
    const gate = await tcpGate(prod)
    const call = await promote({ target: `${gate.host}/live/app:1.2`, tags: ['latest'] })

    expect(call).toMatchObject({ status: 0 })
    expect(call.results.values).toMatchObject({
      digest: image.digest,
      image: `${gate.host}/live/app@${image.digest}`,
      previous: '',
      copied: true,
      bytes: image.bytes,
      signatures: 1,
      tool: 'skopeo',
    })
    for (const tag of ['1.2', 'latest']) {
      expect(await digestAt(`${prod}/live/app:${tag}`)).toBe(image.digest)
    }
    for (const digest of image.platforms) {
      expect(await digestAt(`${prod}/live/app@${digest}`)).toBe(digest)
    }
    const signature = `sha256-${image.digest.slice(7)}.sig`
    expect(await digestAt(`${prod}/live/app:${signature}`)).toBe(
      await digestAt(`${dev}/team/app:${signature}`),
    )

    const sent = gate.sent()
    expect(sent).toBeGreaterThan(image.bytes)
    const again = await promote({ target: `${gate.host}/live/app:1.2`, tags: ['latest'] })
    expect(again.results.values).toMatchObject({ copied: false, bytes: 0, previous: image.digest })
    // Requests and manifests only.
    expect(gate.sent() - sent).toBeLessThan(20_000)
  })

  test('says in a dry run how much would have to move, and moves nothing', async () => {
    const { prod, image, promote } = await bench()
    const dry = await promote({}, { phase: 'plan' })
    expect(dry.log).toContain(
      `would move ${image.bytes} bytes of ${image.bytes}; the digest is ${image.digest}`,
    )
    expect(await digestAt(`${prod}/live/app:1.2`)).toBeUndefined()
    await promote({})
    const then = await promote({ target: `${prod}/live/app:1.3` }, { phase: 'plan' })
    expect(then.log).toContain(`would move 0 bytes of ${image.bytes}`)
  })

  test.each([
    [
      'another digest than the expected one',
      { expectedDigest: `sha256:${'0'.repeat(64)}` },
      /is sha256:[0-9a-f]+ now and not sha256:0+, which was expected/,
    ],
    ['a tag that anybody may move', { allowMutable: false }, /nothing says which image/],
    ['an image without a signature', { signatures: 'require' }, /has no signature/],
    ['a backup that the new image would overwrite', { tags: ['x'], backupTag: 'x' }, /backupTag is one of/],
  ])('refuses %s, and the target stays empty', async (_, parameters, complaint) => {
    const { prod, promote } = await bench()
    const { status, log } = await promote(parameters)
    expect({ status, log }).toMatchObject({ status: 1, log: expect.stringMatching(complaint) })
    expect(await digestAt(`${prod}/live/app:1.2`)).toBeUndefined()
  })

  test('says what does not exist, and speaks plain HTTP only where it is told to', async () => {
    const { dev, prod, promote } = await bench()
    const absent = await promote({ source: `${dev}/team/none:1` })
    expect(absent.log).toContain(`there is no ${dev}/team/none:1`)
    const plain = await promote({ plainHttp: [prod] })
    expect(plain.status).toBe(1)
    expect(plain.log).toContain(`say plainHttp: ['${dev}']`)
    const target = await promote({ plainHttp: [dev] })
    expect(target.status).toBe(1)
    expect(target.log).toContain(`say plainHttp: ['${prod}']`)
  })

  test('overwrites only when told, keeps what was there under the backup tag, and the way back works', async () => {
    const { dev, prod, folder, image, promote } = await bench()
    const old = await pushImage(folder, `${prod}/live/app:1.2`)
    const refused = await promote({ backupTag: 'before' })
    expect(refused.log).toContain(`${prod}/live/app:1.2 exists and is another image: ${old.digest}`)
    expect(await digestAt(`${prod}/live/app:1.2`)).toBe(old.digest)

    const done = await promote({ backupTag: 'before', allowOverwrite: true })
    expect(done.results.values).toMatchObject({ previous: old.digest, digest: image.digest })
    expect(await digestAt(`${prod}/live/app:1.2`)).toBe(image.digest)
    expect(await digestAt(`${prod}/live/app:before`)).toBe(old.digest)
    // The backup is not lost by promoting the same once more.
    await promote({ backupTag: 'before', allowOverwrite: true })
    expect(await digestAt(`${prod}/live/app:before`)).toBe(old.digest)

    const undone = await promote({
      source: `${prod}/live/app@${String(done.results.values.previous)}`,
      allowOverwrite: true,
      allowMutable: false,
    })
    expect(undone.results.values).toMatchObject({ copied: false, bytes: 0 })
    expect(await digestAt(`${prod}/live/app:1.2`)).toBe(old.digest)
    expect(await digestAt(`${dev}/team/app:1`)).toBe(image.digest)
  })

  test('moves no tag when the registry dies in the middle, and the next try completes it', async () => {
    const { prod, folder, image, promote } = await bench({ layerBytes: 2_000_000 })
    const old = await pushImage(folder, `${prod}/live/app:1.2`)
    const gate = await tcpGate(prod, { diesAfter: 2_500_000 })
    const broken = await promote({
      target: `${gate.host}/live/app:1.2`,
      allowOverwrite: true,
      backupTag: 'b',
    })
    expect(broken.status).toBe(1)
    expect(broken.log).toContain('could not be copied')
    expect(gate.sent()).toBeGreaterThan(2_000_000)
    expect(await digestAt(`${prod}/live/app:1.2`)).toBe(old.digest)

    const next = await promote({ allowOverwrite: true, backupTag: 'b' })
    expect({ status: next.status, log: next.log }).toMatchObject({ status: 0 })
    // What arrived before is not sent again.
    expect(next.results.values.bytes).toBeLessThan(image.bytes)
    expect(await digestAt(`${prod}/live/app:1.2`)).toBe(image.digest)
    expect(await digestAt(`${prod}/live/app:b`)).toBe(old.digest)
  })

  test('tries again when a registry only hiccups', async () => {
    const { dev, prod, image, promote } = await bench()
    let answers = 0
    const host = await frontOf(prod, (path) => {
      if (!path.includes('/manifests/')) return undefined
      answers++
      return answers === 1 ? { status: 503, headers: {} } : undefined
    })
    const { status, log } = await promote({
      target: `${host}/live/app:1.2`,
      plainHttp: [dev, host],
      retries: 1,
    })
    expect({ status, log }).toMatchObject({ status: 0, log: expect.stringContaining('once more in 1 s') })
    expect(await digestAt(`${prod}/live/app:1.2`)).toBe(image.digest)
  })

  test('gives each side its own login, and leaves none behind', async () => {
    const folder = await tempDir()
    const logins = { reader: 'rea"d\\$x', writer: 'wri:te' }
    const [dev, prod] = await Promise.all([
      protectedRegistry('reader', logins.reader),
      protectedRegistry('writer', logins.writer),
    ])
    await mkdir(join(folder, 'home'))
    const image = await pushProtected(folder, `${dev}/team/app:1`, `reader:${logins.reader}`)
    const env = {
      HOME: join(folder, 'home'),
      STEP_SOURCE_LOGIN_USER: 'reader',
      STEP_SOURCE_LOGIN_PASSWORD: logins.reader,
      STEP_TARGET_LOGIN_USER: 'writer',
      STEP_TARGET_LOGIN_PASSWORD: logins.writer,
    }
    const parameters = {
      source: `${dev}/team/app:1`,
      target: `${prod}/live/app:1`,
      expectedDigest: image.digest,
      plainHttp: [dev, prod],
      retries: 0,
    }
    const call = await callStep(promoteImage, { parameters, env })
    const { status, log, results } = await call.phase('run')
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(results.values).toMatchObject({ bytes: image.bytes })
    expect(log).not.toContain(logins.reader)
    expect(log).not.toContain(logins.writer)
    expect(await digestAt(`${prod}/live/app:1`, `writer:${logins.writer}`)).toBe(image.digest)
    const secrets = [logins.reader, logins.writer, `reader:${logins.reader}`, `writer:${logins.writer}`]
    const patterns = secrets.flatMap((text) => ['-e', text, '-e', Buffer.from(text).toString('base64')])
    const found = await run('grep', ['-rlF', ...patterns, call.folder, folder]).catch(() => ({ stdout: '' }))
    expect(found.stdout).toBe('')

    const wrong = await callStep(promoteImage, {
      parameters: { ...parameters, target: `${prod}/live/app:2` },
      env: { ...env, STEP_TARGET_LOGIN_PASSWORD: 'wrong' },
    })
    const refused = await wrong.phase('run')
    expect(refused.status).toBe(1)
    expect(refused.log).toMatch(/live\/app:2 could not be looked at: .*(unauthorized|authentication)/)
    expect(refused.log).toContain('see targetLogin')
  })

  test('gets a token where a registry wants one, for counting too', async () => {
    const { dev, prod, image, promote } = await bench()
    const tokens: string[] = []
    let self = ''
    const host = await frontOf(prod, (path, { authorization }) => {
      if (path.startsWith('/token')) {
        tokens.push(`${path} ${authorization ?? 'nobody'}`)
        return { status: 200, headers: {}, body: JSON.stringify({ token: 'let.me-in' }) }
      }
      if (authorization === 'Bearer let.me-in') return undefined
      const challenge = `Bearer realm="http://${self}/token",service="the, registry",scope="x"`
      return { status: 401, headers: { 'www-authenticate': challenge } }
    })
    self = host
    const env = { STEP_TARGET_LOGIN_USER: 'me', STEP_TARGET_LOGIN_PASSWORD: 'pass' }
    const parameters = { target: `${host}/live/app:1.2`, plainHttp: [dev, host] }
    const { status, log, results } = await promote(parameters, { env })
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(log).toContain(`${image.bytes} bytes of ${image.bytes} have to move`)
    expect(log).not.toContain('at most')
    expect(results.values).toMatchObject({ bytes: image.bytes, copied: true })
    expect(tokens.every((line) => line.endsWith(` Basic ${Buffer.from('me:pass').toString('base64')}`))).toBe(
      true,
    )
  })

  test('takes only what kept its contract, when there has to be a report', async () => {
    const { folder, image, promote, prod } = await bench()
    const report = (failures: number, id = image.configs[0]) =>
      writeFile(
        join(folder, 'contract.xml'),
        `<testsuites>\n<testsuite name="c" tests="2" failures="${failures}" errors="0">\n<property name="imageId" value="${id}"/>\n</testsuite>\n</testsuites>\n`,
      )
    const attempt = () => promote({ contract: 'contract.xml' })
    expect((await attempt()).log).toContain('there is no report contract.xml')
    await report(1)
    expect((await attempt()).log).toContain('the image broke its contract')
    await report(0, `sha256:${'1'.repeat(64)}`)
    expect((await attempt()).log).toContain('contract.xml is about another image')
    expect(await digestAt(`${prod}/live/app:1.2`)).toBeUndefined()
    await report(0)
    expect(await attempt()).toMatchObject({ status: 0 })
  })

  test.each(['crane', 'regctl'])('promotes with %s too', async (tool) => {
    const { dev, folder, prod, image, promote } = await bench()
    await sign(folder, `${dev}/team/app`, image)
    const old = await pushImage(folder, `${prod}/live/app:1.2`)
    const calls = join(folder, 'calls')
    await standIn(join(folder, 'bin', tool), calls)
    const env = { PATH: `${join(folder, 'bin')}:${process.env.PATH ?? ''}` }
    const { status, log, results } = await promote(
      { tool, allowOverwrite: true, backupTag: 'before' },
      { env },
    )
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(results.values).toMatchObject({ tool, digest: image.digest, signatures: 1, previous: old.digest })
    expect(await digestAt(`${prod}/live/app:1.2`)).toBe(image.digest)
    expect(await digestAt(`${prod}/live/app:before`)).toBe(old.digest)
    const noted = (await readFile(calls, 'utf8')).split('\n')
    const changing = noted.filter((line) =>
      /^(crane (copy|tag)|regctl (image copy|registry set)) /.test(line),
    )
    expect(changing).toEqual(expectedCalls(tool, { dev, prod, old, image }))
  })

  test('names the losses of docker, and puts back the names that it took', async () => {
    const { dev, prod, image, promote } = await bench()
    const several = await promote({ tool: 'docker' })
    expect(several.status).toBe(1)
    expect(several.log).toContain('docker would promote only the one of this machine, under another digest')
    const lossy = await promote({ tool: 'docker', acceptLosses: true })
    expect({ status: lossy.status, log: lossy.log }).toMatchObject({ status: 0 })
    const digest = String(lossy.results.values.digest)
    expect(digest).not.toBe(image.digest)
    expect(await digestAt(`${prod}/live/app:1.2`)).toBe(digest)

    // What the engine itself pushed comes out as it went in.
    const base = await importImage()
    await run('docker', ['tag', base, `${dev}/team/own:1`])
    await run('docker', ['push', '-q', `${dev}/team/own:1`])
    await run('docker', ['tag', await importImage(), `${dev}/team/own:1`])
    const mine = await idOf(`${dev}/team/own:1`)
    const own = await promote({ source: `${dev}/team/own:1`, target: `${prod}/live/own:1`, tool: 'docker' })
    expect({ status: own.status, log: own.log }).toMatchObject({ status: 0 })
    expect(await digestAt(`${prod}/live/own:1`)).toBe(await digestAt(`${dev}/team/own:1`))
    expect(await idOf(`${dev}/team/own:1`)).toBe(mine)
    const { stdout } = await run('docker', ['images', '--format', '{{.Repository}}:{{.Tag}}'])
    expect(stdout.split('\n').filter((name) => name.startsWith(prod))).toEqual([])
    await run('docker', ['rmi', `${dev}/team/own:1`])
    const digests = await run('docker', ['images', '--digests', '--format', '{{.Repository}}@{{.Digest}}'])
    expect(
      digests.stdout.split('\n').filter((name) => /^127.*@sha256/.test(name) && name.startsWith(prod)),
    ).toEqual([])
  })

  test('leaves nothing behind and no tag moved when it is ended in the middle', async () => {
    const { prod, folder, promoting } = await bench({ layerBytes: 2_000_000 })
    const old = await pushImage(folder, `${prod}/live/app:1.2`)
    const gate = await tcpGate(prod, { stallsAfter: 1_000_000 })
    const call = await promoting({ target: `${gate.host}/live/app:1.2`, allowOverwrite: true })
    const phase = call.start('run')
    await until('it copies', () => gate.sent() > 1_000_000)
    phase.process.kill('SIGTERM')
    expect((await phase.ended).status).toBe(143)
    expect((await call.phase('end')).status).toBe(0)
    expect((await run('pgrep', ['-f', gate.host]).catch(() => ({ stdout: '' }))).stdout).toBe('')
    expect(await digestAt(`${prod}/live/app:1.2`)).toBe(old.digest)
  })
})

async function bench({ layerBytes = 100_000 } = {}) {
  const folder = await tempDir()
  const [dev, prod] = await Promise.all([startRegistry(await tempDir()), startRegistry(await tempDir())])
  const image = await pushImage(folder, `${dev.host}/team/app:1`, { layerBytes })
  const promoting = (parameters: Record<string, unknown>, env: Record<string, string> = {}) => {
    const hosts = [parameters.source, parameters.target].map((name) => String(name ?? '').split('/')[0] ?? '')
    return callStep(promoteImage, {
      parameters: {
        source: `${dev.host}/team/app:1`,
        target: `${prod.host}/live/app:1.2`,
        allowMutable: true,
        retries: 0,
        plainHttp: [dev.host, prod.host, ...hosts.filter((host) => host !== '')],
        ...parameters,
      },
      env,
      cwd: folder,
    })
  }
  const promote = async (
    parameters: Record<string, unknown>,
    { phase = 'run', env = {} }: { phase?: string; env?: Record<string, string> } = {},
  ) => (await promoting(parameters, env)).phase(phase)
  return { folder, dev: dev.host, prod: prod.host, image, promoting, promote }
}

/** As cosign does: an image of its own, under a tag that is made of the digest. */
async function sign(folder: string, repository: string, { digest }: OciImage): Promise<void> {
  const tag = `sha256-${digest.slice(7)}.sig`
  await pushImage(folder, `${repository}:${tag}`, {
    architectures: ['amd64'],
    layerBytes: 300,
    note: 'signature',
  })
}

async function protectedRegistry(user: string, password: string): Promise<string> {
  const login = { user, password, bcrypt: await bcrypt(password) }
  return (await startRegistry(await tempDir(), login)).host
}

async function pushProtected(folder: string, reference: string, login: string): Promise<OciImage> {
  const open = await startRegistry(await tempDir())
  const image = await pushImage(folder, `${open.host}/x:1`)
  const words = [
    '--all',
    '--quiet',
    '--src-tls-verify=false',
    '--dest-tls-verify=false',
    '--dest-creds',
    login,
  ]
  await run('skopeo', ['copy', ...words, `docker://${open.host}/x:1`, `docker://${reference}`])
  return image
}

interface Answer {
  status: number
  headers: Record<string, string>
  body?: string
}

/** Stands before a registry and answers some requests itself. Returns its host:port. */
async function frontOf(
  registry: string,
  answer: (path: string, headers: { authorization?: string | undefined }) => Answer | undefined,
): Promise<string> {
  const url = await serveHttp((request, response) => {
    const own = answer(request.url ?? '', { authorization: request.headers.authorization })
    if (own) {
      request.resume()
      response.writeHead(own.status, own.headers).end(own.body)
      return
    }
    const options = { method: request.method, headers: request.headers }
    const upstream = forward(`http://${registry}${request.url}`, options, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(response)
    })
    request.pipe(upstream)
  })
  return new URL(url).host
}

async function idOf(name: string): Promise<string> {
  return (await run('docker', ['image', 'inspect', '--format', '{{.Id}}', name])).stdout.trim()
}

/** crane and regctl are in no Debian: these do what they would do, through skopeo, and note how they were called. */
async function standIn(path: string, calls: string): Promise<void> {
  await mkdir(join(path, '..'))
  const script = `#!/bin/bash
set -e
echo "\${0##*/} $*" >>'${calls}'
words=()
for word in "$@"; do case $word in --*) ;; *) words+=("$word") ;; esac done
set -- "\${words[@]}"
inspect() { exec skopeo inspect --raw --tls-verify=false "docker://$1"; }
copy() { exec skopeo copy -q --all --preserve-digests --src-tls-verify=false --dest-tls-verify=false "docker://$1" "docker://$2"; }
tags() { exec skopeo list-tags --tls-verify=false "docker://$1"; }
case "\${0##*/} $*" in
  'crane manifest '*) inspect "$2" ;;
  'crane copy '*) copy "$2" "$3" ;;
  'crane tag '*) copy "$2" "\${2%@*}:$3" ;;
  'crane ls '*) tags "$2" ;;
  'regctl manifest get raw-body '*) inspect "$4" ;;
  'regctl image copy '*) copy "$3" "$4" ;;
  'regctl tag ls '*) tags "$3" ;;
  'regctl registry set disabled '*) test -n "$REGCTL_CONFIG" ;;
  *) exit 64 ;;
esac
`
  await writeFile(path, script)
  await chmod(path, 0o755)
}

function expectedCalls(
  tool: string,
  { dev, prod, old, image }: { dev: string; prod: string; old: OciImage; image: OciImage },
): string[] {
  const [from, to] = [`${dev}/team/app`, `${prod}/live/app`]
  const signature = `sha256-${image.digest.slice(7)}.sig`
  const copies = [
    `${from}@${image.digest} ${to}@${image.digest}`,
    `${from}:${signature} ${to}:${signature}`,
    `${to}@${old.digest} ${to}:before`,
  ]
  if (tool === 'crane') {
    return [
      ...copies.map((words) => `crane copy --insecure ${words}`),
      `crane tag --insecure ${to}@${image.digest} 1.2`,
    ]
  }
  return [
    `regctl registry set --tls disabled ${dev}`,
    `regctl registry set --tls disabled ${prod}`,
    ...copies.map((words) => `regctl image copy --referrers ${words}`),
    `regctl image copy ${to}@${image.digest} ${to}:1.2`,
  ]
}
