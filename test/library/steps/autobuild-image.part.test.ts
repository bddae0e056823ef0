import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { autobuildImage } from '../../../library/steps/autobuild-image.ts'
import { serveHttp } from '../../support/local-server.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { bcrypt } from '../support/bcrypt.ts'
import { importImage } from '../support/image.ts'
import { startRegistry } from '../support/registry.ts'
import { callStep } from '../support/step-call.ts'

const run = promisify(execFile)
const commit = '0123456789abcdef0123456789abcdef01234567'
const login = {
  user: 'pusher',
  password: 'pa"ss\\w$ord',
  bcrypt: '',
}

describe('autobuildImage', () => {
  test('builds, tests, tags by rule, pushes and calls back', async () => {
    const { registry, options, repository } = await bench()
    const hook = await webhook()
    const call = await callStep(
      autobuildImage,
      options(
        {
          test: 'test "$(cat /greeting)" = "hello there"',
          buildArgs: { GREETING: 'hello there' },
          webhook: `${hook.url}x?token=secret-in-url`,
        },
        { BRANCH_NAME: 'main', GIT_COMMIT: commit, STEP_WEBHOOK_TOKEN_SECRET: 'to"ken\\' },
      ),
    )
    const { status, log, results } = await call.phase('run')

    expect({ status, log }).toMatchObject({ status: 0 })
    const digest = await registry.digest('team/app', 'latest')
    expect(digest).toMatch(/^sha256:/)
    expect(results.values).toMatchObject({
      digest,
      image: `${repository}@${digest}`,
      tags: ['0123456789ab', 'latest', 'main'],
      commit,
      pushed: true,
      notified: true,
    })
    expect(await registry.tags('team/app')).toEqual(['0123456789ab', 'latest', 'main'])
    expect(await registry.digest('team/app', '0123456789ab')).toBe(digest)
    expect(hook.calls).toHaveLength(1)
    expect(hook.calls[0]?.path).toBe('/x?token=secret-in-url')
    expect(hook.calls[0]?.headers.authorization).toBe('Bearer to"ken\\')
    expect(hook.calls[0]?.body).toMatchObject({
      status: 'success',
      repository,
      digest,
      commit,
      branch: 'main',
      tags: ['0123456789ab', 'latest', 'main'],
    })
    expect(log).not.toContain('secret-in-url')
    expect(await leftovers(call.id, repository)).toEqual('')
    await run('docker', ['pull', '-q', `${repository}:main`])
    const labels = await run('docker', [
      'inspect',
      '-f',
      '{{json .Config.Labels}}',
      `${repository}@${digest}`,
    ])
    expect(JSON.parse(labels.stdout)).toMatchObject({ 'org.opencontainers.image.revision': commit })
    await run('docker', ['rmi', `${repository}:main`])
  })

  test.each([
    ['a script inside the image', { test: 'echo trying; exit 3' }, 'the test failed: exit code 3'],
    ['a stage of the Dockerfile', { testTarget: 'bad' }, 'stage bad failed: exit code 1'],
    [
      'a service of a Compose file',
      { testCompose: 'bad.yml' },
      'the service sut of bad.yml failed: exit code 5',
    ],
    ['a test that takes too long', { test: 'sleep 60', testTimeout: '1s' }, 'it took longer than 1s'],
  ])('pushes nothing when a test fails: %s', async (_, parameters, complaint) => {
    const { registry, options, repository } = await bench()
    const hook = await webhook()
    const call = await callStep(autobuildImage, options({ ...parameters, webhook: hook.url }))
    const { status, log } = await call.phase('run')

    expect({ status, log }).toMatchObject({ status: 1 })
    expect(log).toContain(complaint)
    expect(await registry.tags('team/app')).toEqual([])
    expect(hook.calls.map(({ body }) => body)).toMatchObject([{ status: 'failure', stage: 'test' }])
    expect(await leftovers(call.id, repository)).toEqual('')
  })

  test('runs the service sut of a Compose file against the image', async () => {
    const { registry, options, repository } = await bench()
    const call = await callStep(autobuildImage, options({ testCompose: 'good.yml' }, { BRANCH_NAME: 'x' }))
    const { status, log } = await call.phase('run')
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(log).toContain('hello from the image')
    expect(await registry.tags('team/app')).toEqual(['x'])
    expect(await leftovers(call.id, repository)).toEqual('')
  })

  test('logs in with a configuration of its own, which is gone afterwards', async () => {
    const { registry, options, folder, repository } = await bench({
      ...login,
      bcrypt: await bcrypt(login.password),
    })
    const home = join(folder, 'home')
    await mkdir(home)
    const env = {
      BRANCH_NAME: 'main',
      HOME: home,
      STEP_REGISTRY_LOGIN_USER: login.user,
      STEP_REGISTRY_LOGIN_PASSWORD: login.password,
    }
    const call = await callStep(autobuildImage, options({}, env))
    const { status, log } = await call.phase('run')
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(await registry.tags('team/app')).toEqual(['latest', 'main'])
    expect(log).not.toContain(login.password)
    expect((await run('ls', ['-A', home])).stdout).toBe('')
    expect(await leftovers(call.id, repository)).toEqual('')

    const wrong = await callStep(
      autobuildImage,
      options({}, { ...env, STEP_REGISTRY_LOGIN_PASSWORD: 'wrong' }),
    )
    const refused = await wrong.phase('run')
    expect(refused.status).toBe(1)
    expect(refused.log).toContain(`the registry ${registry.host} does not take the login of pusher`)
    expect(refused.log).not.toContain('Step 1')
  })

  test.each([
    [{ BRANCH_NAME: 'feature/Grün & gut' }, ['0123456789ab', 'dev-Gr--n---gut', 'feature-Gr--n---gut']],
    [{ GIT_BRANCH: 'origin/main' }, ['0123456789ab', 'latest', 'main']],
    [{ BRANCH_NAME: 'v1.2', TAG_NAME: 'v1.2' }, ['0123456789ab', 'v1.2', '1.2', 'build-7']],
    [{}, ['0123456789ab']],
  ])('gives the tags that follow from %o', async (env, tags) => {
    const rules = [
      'branch:main=latest',
      'branch:feature/*=dev-{*}',
      'branch:*={branch}',
      'tag:v*={tag}',
      'tag:v*={*}',
      'tag:*=build-{number}',
      'commit:*={commit}',
    ]
    const folder = await tempDir()
    const call = await callStep(autobuildImage, {
      parameters: { repository: 'team/app', registry: 'registry.example.com', rules },
      env: { GIT_COMMIT: commit, ...env },
      cwd: folder,
    })
    const { log } = await call.phase('plan')
    expect(log).toContain(`would push registry.example.com/team/app with the tags ${tags.join(' ')}\n`)
  })

  test('reads branch and commit from git where Jenkins says nothing', async () => {
    const { options, folder } = await bench()
    await run(
      'bash',
      ['-c', 'git init -q -b trunk; git add .; git -c user.name=x -c user.email=x@localhost commit -q -m x'],
      { cwd: folder },
    )
    const head = (await run('git', ['rev-parse', 'HEAD'], { cwd: folder })).stdout.trim()
    const call = await callStep(autobuildImage, options({}, {}))
    expect((await call.phase('run')).results.values).toMatchObject({
      commit: head,
      tags: [head.slice(0, 12), 'trunk'],
    })
  })

  test('never pushes a pull request', async () => {
    const { registry, options } = await bench()
    const call = await callStep(autobuildImage, options({}, { BRANCH_NAME: 'PR-4', CHANGE_ID: '4' }))
    const { status, results } = await call.phase('run')
    expect({ status, values: results.values }).toMatchObject({
      status: 0,
      values: { pushed: false, tags: [] },
    })
    expect(results.report).toContain('pushed nothing of a pull request')
    expect(await registry.tags('team/app')).toEqual([])
  })

  test('does not fail a pushed image for a webhook that never answers, unless it is told to', async () => {
    const { registry, options } = await bench()
    const silent = await serveHttp(() => undefined)
    const parameters = { webhook: silent, webhookTimeout: '1s' }
    const lax = await callStep(autobuildImage, options(parameters, { BRANCH_NAME: 'a' }))
    expect(await lax.phase('run')).toMatchObject({ status: 0, results: { values: { notified: false } } })
    const strict = await callStep(
      autobuildImage,
      options({ ...parameters, webhookRequired: true }, { BRANCH_NAME: 'b' }),
    )
    const failed = await strict.phase('run')
    expect(failed.status).toBe(1)
    expect(failed.log).toContain('the webhook did not take the message')
    expect(await registry.tags('team/app')).toEqual(['a', 'b'])
  })

  test.each([
    ['the build', { target: 'slow', buildArgs: { SLOW: '1' } }, 'building slowly'],
    ['the test', { test: 'echo testing slowly; sleep 100' }, 'testing slowly'],
    ['a service', { testCompose: 'slow.yml' }, 'composing slowly'],
  ])('leaves nothing behind when it is ended in the middle of %s', async (_, parameters, sign) => {
    const { registry, options, repository, base } = await bench()
    const call = await callStep(autobuildImage, options(parameters))
    const phase = call.start('run')
    await until(`it says "${sign}"`, () => new RegExp(`${sign}$`, 'm').test(phase.log()), {
      withinMs: 60_000,
    })
    phase.process.kill('SIGTERM')
    expect((await phase.ended).status).toBe(143)
    expect((await call.phase('end')).status).toBe(0)
    expect(await leftovers(call.id, repository)).toEqual('')
    await until('no container of the image is left', async () => {
      const { stdout } = await run('docker', ['ps', '-aq', '--filter', `ancestor=${base}`])
      return stdout === ''
    })
    expect((await run('pgrep', ['-f', call.folder]).catch(() => ({ stdout: '' }))).stdout).toBe('')
    expect(await registry.tags('team/app')).toEqual([])
  })
})

async function bench(auth?: typeof login) {
  const folder = await tempDir()
  const registry = await startRegistry(await tempDir(), auth)
  const base = await importImage({ changes: ['CMD ["sh"]'] })
  await writeFile(
    join(folder, 'Dockerfile'),
    [
      `FROM ${base} AS app`,
      'ARG GREETING=hello',
      'RUN echo "$GREETING" >/greeting',
      'FROM app AS slow',
      'ARG SLOW',
      'RUN test -z "$SLOW" || { echo building slowly; sleep 100; }',
      'FROM app AS bad',
      'RUN echo this one fails; exit 1',
      '',
    ].join('\n'),
  )
  for (const [name, script] of Object.entries({
    good: 'echo hello from the image',
    bad: 'exit 5',
    slow: 'echo composing slowly; sleep 100',
  })) {
    const sut = { image: '$IMAGE_NAME', command: ['sh', '-c', script] }
    await writeFile(
      join(folder, `${name}.yml`),
      JSON.stringify({
        version: '2.4',
        services: { sut, other: { image: '$IMAGE_NAME', command: 'sleep 100' } },
      }),
    )
  }
  const repository = `${registry.host}/team/app`
  const options = (
    parameters: Record<string, unknown>,
    env: Record<string, string> = { BRANCH_NAME: 'main' },
  ) => ({
    parameters: { repository, target: 'app', pull: false, ...parameters },
    env,
    cwd: folder,
  })
  return { folder, registry, base, options, repository }
}

async function webhook() {
  const calls: { path: string; headers: IncomingHttpHeaders; body: unknown }[] = []
  const url = await serveHttp(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    calls.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text) })
    response.end()
  })
  return { url, calls }
}

/** Containers, networks and names of images that a call made and did not take away. */
async function leftovers(id: string, repository: string): Promise<string> {
  const found = await run('bash', [
    '-c',
    `docker ps -aq --filter "name=footman-$1"; docker network ls -q --filter "name=footman-$1"
     docker images --format '{{.Repository}}:{{.Tag}}' | grep -e "$1" -e "^$2:" || true`,
    'leftovers',
    id,
    repository,
  ])
  return found.stdout
}
