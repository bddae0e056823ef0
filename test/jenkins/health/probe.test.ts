import { Agent, createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import type { JsonObject, RawContainer } from '../../../core/container-host.ts'
import { RemoteError, UserError } from '../../../core/errors.ts'
import { Secret } from '../../../core/secret.ts'
import type { HealthProbe } from '../../../jenkins/health/health.ts'
import { healthProbe, type ProbeOptions } from '../../../jenkins/health/probe.ts'
import type { User } from '../../../jenkins/practice/auth.ts'
import { type PracticeOptions, startPracticeController } from '../../../jenkins/practice/controller.ts'
import { listen, serveHttp } from '../../support/local-server.ts'
import { bodyOf, recorded } from '../../support/recordings.ts'

const running = { Status: 'running', Running: true, StartedAt: '2026-11-24T10:00:00Z', ExitCode: 0 }

function container(state: JsonObject = {}, RestartCount = 0): RawContainer {
  return {
    ...{ Id: 'c', Name: '/jenkins', Image: 'sha256:1', Config: {}, HostConfig: {}, Mounts: [] },
    ...{ NetworkSettings: {}, RestartCount, State: { ...running, ...state } },
  }
}

/** A probe of a container whose web port is one of this machine. */
function probeOf(
  url: string,
  options: Partial<ProbeOptions> & { containers?: (RawContainer | undefined)[]; log?: never } = {},
): HealthProbe {
  const { containers = [container()], ...rest } = options
  let at = 0
  return healthProbe({
    host: {
      inspect: async () => containers[Math.min(at++, containers.length - 1)],
      logs: async () => '\n',
      openExec: () => Promise.reject(new Error('nobody opens a tunnel here')),
    },
    ...{ container: 'c', port: Number(new URL(url).port), prefix: '', account: undefined },
    ...{ agent: new Agent({ keepAlive: false }), timeoutMs: 5000 },
    ...rest,
  })
}

async function practice(options: PracticeOptions = {}) {
  const controller = await startPracticeController({ agentPort: 'off', ...options })
  onTestFinished(() => controller.stop())
  return controller
}

const account = { user: 'admin', token: new Secret('TOKEN') }
const admin: User = { name: 'admin', token: 'TOKEN' }

/** Serves one recorded answer to whatever is asked. */
async function serveRecorded(scenario: string, at: number): Promise<string> {
  const { status, headers, body } = recorded(scenario, at).response
  return serveHttp((_, response) => response.writeHead(status ?? 599, headers).end(bodyOf(body)))
}

describe('a controller that boots', () => {
  it('is silent while nothing listens', async () => {
    const server = createServer()
    const port = await listen(server)
    await new Promise((resolve) => server.close(resolve))
    expect(await probeOf(`http://127.0.0.1:${port}/`).look()).toEqual({
      state: 'silent',
      reason: `Cannot look at Jenkins: nothing listens at 127.0.0.1:${port}`,
    })
  })

  it('is silent while its connections are reset', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {})
      socket.resetAndDestroy()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    expect(await probeOf(`http://127.0.0.1:${port}/`).look()).toMatchObject({ state: 'silent' })
  })

  it('is silent when it takes the connection and says nothing', async () => {
    const url = await serveHttp(() => {})
    expect(await probeOf(url, { timeoutMs: 50 }).look()).toMatchObject({
      state: 'silent',
      reason: expect.stringContaining('no answer'),
    })
  })

  it.each([
    ['starting', 29],
    ['restarting', 16],
  ])('is loading while it says that it is %s', async (_, at) => {
    expect(await probeOf(await serveRecorded('boot-restart', at)).look()).toEqual({ state: 'loading' })
  })

  it('is up when the login page says so', async () => {
    expect(await probeOf(await serveRecorded('boot-restart', 36)).look()).toEqual({
      ...{ state: 'up', version: '2.498', session: '4d9c4369', quietingDown: false },
      ...{ plugins: undefined, jobs: undefined, onlineNodes: undefined },
    })
  })

  it('is broken when its page shows why it could not boot', async () => {
    const controller = await practice({
      prepare: () => Promise.reject(new Error('java.lang.NoSuchMethodError: hudson.Util')),
    })
    expect(await probeOf(controller.url).look()).toEqual({
      state: 'broken',
      reason: 'Error: java.lang.NoSuchMethodError: hudson.Util',
    })
  })

  it.each([
    [
      503,
      '<h1><svg class="icon-error"></svg>&nbsp;Error</h1><pre>hudson.util.X: &lt;no&gt;\n\tat hudson.Y(Y.java:1)</pre>',
    ],
    [500, '<h1>\u00a0Error</h1><p>hudson.util.X: &lt;no&gt;</p>'],
  ])('is broken, answered %i, however the page is laid out', async (status, page) => {
    const url = await serveHttp((_, response) => {
      response.writeHead(status, { 'Content-Type': 'text/html;charset=utf-8' }).end(`<body>${page}</body>`)
    })
    expect(await probeOf(url).look()).toEqual({ state: 'broken', reason: 'hudson.util.X: <no>' })
  })

  it('is not broken by a servlet container that is not ready', async () => {
    const page = '<h2>HTTP ERROR 503</h2><p>Reason:</p><pre>    Service Unavailable: Server Error</pre>'
    const url = await serveHttp((_, response) => response.writeHead(503).end(page))
    expect(await probeOf(url).look()).toMatchObject({ state: 'silent' })
  })

  it('is not broken by a 503 that shows no stack trace', async () => {
    const url = await serveHttp((_, response) => response.writeHead(503).end('<h1>Service Unavailable</h1>'))
    expect(await probeOf(url).look()).toEqual({
      state: 'silent',
      reason: 'it answers 503 "Service Unavailable"',
    })
  })

  it('is the setup wizard when it asks for the first password', async () => {
    const prepare = async () => ({ setupWizard: { passwordFile: '/var/jenkins_home/secrets/x' } })
    const controller = await practice({ users: [admin], prepare })
    expect(await probeOf(controller.url, { account }).look()).toEqual({ state: 'wizard' })
  })
})

describe('a controller that is up', () => {
  it('shows its vital signs to an account', async () => {
    const plugins = [
      { shortName: 'git', longName: 'Git', version: '5.7.0', active: true, enabled: true },
      { shortName: 'old', longName: 'Old', version: '1', active: false, enabled: true },
    ]
    const controller = await practice({ users: [admin], prepare: async () => ({ plugins }) })
    controller.createJob('a', { kind: 'freestyle', scripts: [] })
    controller.state.quietDown = { reason: 'because' }
    expect(await probeOf(controller.url, { account }).look()).toEqual({
      ...{ state: 'up', version: '2.498', session: expect.stringMatching(/^[0-9a-f]{8}$/) },
      ...{ quietingDown: true, jobs: 1, onlineNodes: expect.any(Number) },
      plugins: plugins.map(({ longName, ...plugin }) => plugin),
    })
  })

  it('has another session after a restart', async () => {
    const controller = await practice({ users: [admin] })
    const probe = probeOf(controller.url, { account })
    const first = await probe.look()
    await controller.restart({ downMs: 30 })
    const second = await probe.look()
    expect(first).toMatchObject({ state: 'up', session: expect.any(String) })
    expect(second).toMatchObject({ state: 'up' })
    expect(second).not.toMatchObject({ session: 'session' in first ? first.session : '' })
  })

  it('is asked below its prefix', async () => {
    const controller = await practice({ users: [admin], contextPath: '/ci' })
    expect(await probeOf(controller.url, { account, prefix: '/ci' }).look()).toMatchObject({ state: 'up' })
    expect(await probeOf(controller.url, { account }).look()).toMatchObject({ state: 'silent' })
  })

  it('does not show its plugins to everybody', async () => {
    const reader: User = { name: 'admin', token: 'TOKEN', permissions: ['hudson.model.Hudson.Read'] }
    const controller = await practice({ users: [reader] })
    expect(await probeOf(controller.url, { account }).look()).toMatchObject({
      ...{ state: 'up', quietingDown: false, plugins: undefined, jobs: 0 },
    })
  })

  it('is closed when it does not know the account any more', async () => {
    const controller = await practice({ users: [{ name: 'admin', token: 'other' }] })
    expect(await probeOf(controller.url, { account }).look()).toMatchObject({
      state: 'closed',
      version: '2.498',
      reason: expect.stringContaining('does not accept the token of user admin'),
    })
  })

  it('is closed when the account may not even read', async () => {
    const controller = await practice({ users: [{ ...admin, permissions: [] }] })
    expect(await probeOf(controller.url, { account }).look()).toMatchObject({
      state: 'closed',
      reason: expect.stringContaining('Overall/Read'),
    })
  })

  it('is up although its login page is somewhere else', async () => {
    const url = await serveHttp((request, response) => {
      if (request.url === '/login') return response.writeHead(302, { Location: 'https://sso/' }).end()
      response
        .writeHead(403, { 'X-Jenkins': '2.498', 'X-Jenkins-Session': 'a1' })
        .end('Authentication required')
    })
    expect(await probeOf(url).look()).toMatchObject({ state: 'up', version: '2.498', session: 'a1' })
  })

  it('is not there when something else answers', async () => {
    const url = await serveHttp((_, response) => response.end('hello'))
    expect(await probeOf(url).look()).toEqual({
      state: 'silent',
      reason: 'what answers is not Jenkins (200)',
    })
  })

  it.each([
    ['2.516.1', 503, { status: false, failures: ['disk', { name: 'cluster' }] }, ['disk', 'cluster']],
    ['2.516.1', 200, { status: true }, undefined],
    ['2.516.1', 404, {}, undefined],
    ['2.498', 503, { status: false, failures: ['not asked'] }, undefined],
  ])('of version %s tells by %i which of its own checks fail', async (version, status, body, failing) => {
    const identity = { 'X-Jenkins': version, 'X-Jenkins-Session': 'a1' }
    const url = await serveHttp((request, response) => {
      const isHealth = request.url === '/health/'
      response.writeHead(isHealth ? status : 200, identity).end(isHealth ? JSON.stringify(body) : 'Sign in')
    })
    const sight = await probeOf(url).look()
    expect(sight).toMatchObject({ state: 'up' })
    expect('failing' in sight ? sight.failing : undefined).toEqual(failing)
  })

  it('is loading when it goes down between two questions', async () => {
    const { headers, body } = recorded('boot-restart', 16).response
    const url = await serveHttp((request, response) => {
      if (request.url === '/login') {
        response.writeHead(200, { 'X-Jenkins': '2.498', 'X-Jenkins-Session': 'a1' }).end('Sign in')
      } else response.writeHead(503, headers).end(bodyOf(body))
    })
    expect(await probeOf(url, { account }).look()).toEqual({ state: 'loading' })
  })
})

describe('a container', () => {
  const url = 'http://127.0.0.1:9/'

  it.each<[string, RawContainer | undefined, string]>([
    ['is gone', undefined, 'the container is gone'],
    [
      'was never started',
      container({ Status: 'created', Running: false }),
      'the container has not been started',
    ],
    [
      'asked for a restart',
      container({ Status: 'exited', Running: false, ExitCode: 5 }),
      'the container ended: exit code 5, with which Jenkins asks to be restarted, also when its boot fails',
    ],
    [
      'was killed',
      container({ Running: false, ExitCode: 137 }),
      'the container ended: exit code 137, killed',
    ],
    [
      'was stopped',
      container({ Running: false, ExitCode: 143 }),
      'the container ended: exit code 143, asked to stop',
    ],
    [
      'ran out of memory',
      container({ Running: false, ExitCode: 137, OOMKilled: true }),
      'the container ended: it needed more memory than it may have',
    ],
    [
      'could not even start',
      container({ Running: false, ExitCode: 127, Error: 'exec: "x": not found' }),
      'the container ended: exit code 127: exec: "x": not found',
    ],
    [
      'is started again by the engine',
      container({ Status: 'restarting', Running: true, Restarting: true, ExitCode: 5 }),
      'the container ended (exit code 5, with which Jenkins asks to be restarted, also when its boot fails), and the engine starts it again',
    ],
  ])('that %s is dead', async (_, found, reason) => {
    expect(await probeOf(url, { containers: [found] }).look()).toEqual({ state: 'dead', reason })
  })

  it('that the engine started again since the last look is dead, once', async () => {
    const server = await serveRecorded('boot-restart', 36)
    const later = { StartedAt: '2026-11-24T10:00:09Z', ExitCode: 0 }
    const probe = probeOf(server, { containers: [container(), container(later, 1)] })
    expect(await probe.look()).toMatchObject({ state: 'up' })
    expect(await probe.look()).toMatchObject({
      state: 'dead',
      reason: expect.stringContaining('the engine started it again'),
    })
    expect(await probe.look()).toMatchObject({ state: 'up' })
  })

  it('that somebody started again since the last look is dead, once', async () => {
    const server = await serveRecorded('boot-restart', 36)
    const later = container({ StartedAt: '2026-11-24T10:00:09Z' })
    const probe = probeOf(server, { containers: [container(), later] })
    await probe.look()
    expect(await probe.look()).toMatchObject({
      state: 'dead',
      reason: expect.stringContaining('started again'),
    })
  })

  it('that had restarts before the first look is not held responsible for them', async () => {
    const server = await serveRecorded('boot-restart', 36)
    expect(await probeOf(server, { containers: [container({}, 7)] }).look()).toMatchObject({ state: 'up' })
  })

  it('that is dead is quoted with its last words', async () => {
    const host: ProbeOptions['host'] = {
      inspect: async () => container({ Running: false, ExitCode: 1 }),
      logs: async () => 'java.io.IOException: No space left on device\n',
      openExec: () => Promise.reject(new Error('not asked')),
    }
    expect(await probeOf(url, { host }).look()).toEqual({
      state: 'dead',
      reason:
        'the container ended: exit code 1; its last words: java.io.IOException: No space left on device',
    })
  })
})

test('what the engine refuses is thrown', async () => {
  const away = new RemoteError('unreachable', 'no engine answers')
  const host: ProbeOptions['host'] = {
    inspect: () => Promise.reject(away),
    logs: async () => '',
    openExec: () => Promise.reject(away),
  }
  await expect(probeOf('http://127.0.0.1:9/', { host }).look()).rejects.toBe(away)
})

test('an image without bash is for people to cure', async () => {
  const lacking = new UserError('cannot run bash', { hint: 'choose another image' })
  const probe = healthProbe({
    host: {
      inspect: async () => container(),
      logs: async () => '',
      openExec: () => Promise.reject(lacking),
    },
    ...{ container: 'c', port: 8080, prefix: '', account: undefined },
  })
  await expect(probe.look()).rejects.toBe(lacking)
})

test('whoever gives up a look gets their own reason', async () => {
  const url = await serveHttp(() => {})
  const giveUp = new AbortController()
  const looking = probeOf(url).look(giveUp.signal)
  giveUp.abort(new Error('enough'))
  await expect(looking).rejects.toThrow('enough')
})
