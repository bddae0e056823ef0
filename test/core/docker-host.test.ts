import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { findDockerHosts, type HostSurroundings } from '../../core/docker-host.ts'

/** A Linux machine of ann's that holds only these files. */
function machine(files: Record<string, string>, more: HostSurroundings = {}): HostSurroundings {
  return {
    env: {},
    platform: 'linux',
    home: '/home/ann',
    uid: 1000,
    exists: (path) => path in files,
    readText: (path) => {
      const text = files[path]
      if (text === undefined) throw new Error(`ENOENT: no such file, open '${path}'`)
      return text
    },
    ...more,
  }
}

const dockerSocket = { '/var/run/docker.sock': '' }

/** The files of a docker context, as `docker context create` writes them. */
function context(name: string, host: string, tls = false): Record<string, string> {
  const id = createHash('sha256').update(name).digest('hex')
  const meta = { Name: name, Metadata: {}, Endpoints: { docker: { Host: host, SkipTLSVerify: false } } }
  const folder = `/home/ann/.docker/contexts/tls/${id}/docker`
  return {
    [`/home/ann/.docker/contexts/meta/${id}/meta.json`]: JSON.stringify(meta),
    ...(tls && { [`${folder}/ca.pem`]: 'CA', [`${folder}/cert.pem`]: 'CERT', [`${folder}/key.pem`]: 'KEY' }),
  }
}

function hosts(surroundings: HostSurroundings): string[] {
  return findDockerHosts(surroundings).flatMap((finding) =>
    'endpoint' in finding ? [`${finding.source}: ${finding.endpoint.host}`] : [],
  )
}

function reasons(surroundings: HostSurroundings): string[] {
  return findDockerHosts(surroundings).flatMap((finding) => ('reason' in finding ? [finding.reason] : []))
}

describe('without any choice', () => {
  test('every usual socket that is there is a candidate, the system one first', () => {
    const files = {
      ...dockerSocket,
      '/run/user/1000/docker.sock': '',
      '/home/ann/.docker/desktop/docker.sock': '',
      '/home/ann/.colima/default/docker.sock': '',
      '/home/ann/.rd/docker.sock': '',
      '/run/user/1000/podman/podman.sock': '',
    }
    expect(hosts(machine(files))).toEqual([
      'Docker: unix:///var/run/docker.sock',
      'rootless Docker: unix:///run/user/1000/docker.sock',
      'Docker Desktop: unix:///home/ann/.docker/desktop/docker.sock',
      'Colima: unix:///home/ann/.colima/default/docker.sock',
      'Rancher Desktop: unix:///home/ann/.rd/docker.sock',
      'rootless Podman: unix:///run/user/1000/podman/podman.sock',
    ])
  })

  test('the runtime folder is taken from XDG_RUNTIME_DIR where it is set', () => {
    const files = { '/tmp/run-ann/docker.sock': '' }
    expect(hosts(machine(files, { env: { XDG_RUNTIME_DIR: '/tmp/run-ann' } }))).toEqual([
      'rootless Docker: unix:///tmp/run-ann/docker.sock',
    ])
  })

  test('each missing socket is named, for the person who has to find out why', () => {
    const missing = reasons(machine({}))
    expect(missing).toContain('there is no /var/run/docker.sock')
    expect(missing).toContain('there is no /run/podman/podman.sock')
  })

  test('on Windows the pipes of Docker and Podman are tried', () => {
    expect(hosts(machine({}, { platform: 'win32' }))).toEqual([
      'the usual pipe: npipe:////./pipe/docker_engine',
      'the usual pipe: npipe:////./pipe/podman-machine-default',
    ])
  })
})

describe('DOCKER_HOST', () => {
  const withHost = (DOCKER_HOST: string, env = {}, files = {}) =>
    findDockerHosts(machine({ ...dockerSocket, ...files }, { env: { DOCKER_HOST, ...env } }))

  test('is the only address, even when it does not work and others would', () => {
    expect(withHost('unix:///run/mine.sock')).toEqual([
      {
        source: 'DOCKER_HOST',
        endpoint: {
          host: 'unix:///run/mine.sock',
          source: 'DOCKER_HOST',
          connection: { socketPath: '/run/mine.sock' },
        },
      },
    ])
    expect(withHost('gopher://x')).toEqual([
      { source: 'DOCKER_HOST', reason: expect.stringMatching(/expected unix/), isFinal: true },
    ])
  })

  test.each([
    ['tcp://engine.example:4243', { hostname: 'engine.example', port: 4243, tls: undefined }],
    ['engine.example', { hostname: 'engine.example', port: 2375, tls: undefined }],
    ['tcp://[::1]:2375', { hostname: '::1', port: 2375, tls: undefined }],
    ['npipe:////./pipe/mine', { socketPath: '//./pipe/mine' }],
  ])('%s is understood', (host, connection) => {
    expect(withHost(host)).toMatchObject([{ endpoint: { connection } }])
  })

  test('over TCP uses TLS when DOCKER_TLS_VERIFY is set, with the files of DOCKER_CERT_PATH', () => {
    const files = { '/certs/ca.pem': 'CA', '/certs/cert.pem': 'CERT', '/certs/key.pem': 'KEY' }
    const env = { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' }
    expect(withHost('tcp://engine.example', env, files)).toMatchObject([
      { endpoint: { connection: { port: 2376, tls: { ca: 'CA', cert: 'CERT', key: 'KEY' } } } },
    ])
  })

  test('says which file is missing for TLS', () => {
    expect(withHost('tcp://engine.example', { DOCKER_TLS_VERIFY: '1' })).toMatchObject([
      { reason: expect.stringMatching(/no such file, open '\/home\/ann\/.docker\/ca.pem'/) },
    ])
  })

  test.each([
    ['ssh://ann@build', { host: 'build', port: 22, user: 'ann' }],
    ['ssh://build.example:2222/', { host: 'build.example', port: 2222, user: undefined }],
    ['ssh://ann@[::1]:23', { host: '::1', port: 23, user: 'ann' }],
  ])('%s is an engine behind SSH', (host, ssh) => {
    expect(withHost(host)).toMatchObject([{ endpoint: { connection: { ssh } } }])
  })

  test.each(['ssh://', 'ssh://ann@build/var/run/docker.sock', 'ssh://ann:secret@build'])(
    '%s is refused, and a password in it is not repeated',
    (host) => {
      const [finding] = withHost(host)
      expect(finding).toMatchObject({ isFinal: true, reason: expect.any(String) })
      expect(JSON.stringify(finding)).not.toContain('secret')
    },
  )
})

describe('a docker context', () => {
  const config = (currentContext: string) => ({
    '/home/ann/.docker/config.json': JSON.stringify({ auths: {}, currentContext }),
  })

  test('that is in use comes before the usual sockets and is the only address', () => {
    const files = {
      ...dockerSocket,
      ...config('colima'),
      ...context('colima', 'unix:///home/ann/.colima/default/docker.sock'),
    }
    expect(hosts(machine(files))).toEqual([
      'docker context colima: unix:///home/ann/.colima/default/docker.sock',
    ])
  })

  test('brings its own TLS files', () => {
    const files = { ...config('far'), ...context('far', 'tcp://far.example:2376', true) }
    expect(findDockerHosts(machine(files))).toMatchObject([
      { endpoint: { connection: { hostname: 'far.example', tls: { ca: 'CA' } } } },
    ])
  })

  test('named default means the usual sockets', () => {
    expect(hosts(machine({ ...dockerSocket, ...config('default') }))).toEqual([
      'Docker: unix:///var/run/docker.sock',
    ])
  })

  test('that was left behind by an uninstalled program does not stand in the way', () => {
    const surroundings = machine({ ...dockerSocket, ...config('desktop-linux') })
    expect(hosts(surroundings)).toEqual(['Docker: unix:///var/run/docker.sock'])
    expect(reasons(surroundings)[0]).toMatch(/its description below .* cannot be used: ENOENT/)
  })

  test('asked for by DOCKER_CONTEXT must exist', () => {
    const surroundings = machine(dockerSocket, { env: { DOCKER_CONTEXT: 'colima' } })
    expect(hosts(surroundings)).toEqual([])
    expect(findDockerHosts(surroundings)).toMatchObject([{ source: 'docker context colima', isFinal: true }])
  })

  test('loses against DOCKER_HOST and against our own configuration', () => {
    const files = { ...config('colima'), ...context('colima', 'unix:///colima.sock') }
    const env = { DOCKER_HOST: 'unix:///host.sock' }
    expect(hosts(machine(files, { env }))).toEqual(['DOCKER_HOST: unix:///host.sock'])
    expect(hosts(machine(files, { env, host: 'unix:///ours.sock' }))).toEqual([
      'the configured address: unix:///ours.sock',
    ])
  })

  test('is looked for below DOCKER_CONFIG where that is set', () => {
    const files = { '/etc/docker-cli/config.json': '{"currentContext": "x"}' }
    expect(reasons(machine(files, { env: { DOCKER_CONFIG: '/etc/docker-cli' } }))[0]).toMatch(
      /its description below \/etc\/docker-cli\/contexts/,
    )
  })

  test('whose files hold something else is said to name no engine', () => {
    const files = { ...dockerSocket, ...config('odd') }
    const id = createHash('sha256').update('odd').digest('hex')
    const withMeta = { ...files, [`/home/ann/.docker/contexts/meta/${id}/meta.json`]: '{"Endpoints":{}}' }
    expect(reasons(machine(withMeta))[0]).toMatch(/it names no engine/)
  })
})
