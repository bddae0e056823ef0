import { createServer, request as forward } from 'node:http'
import { connect as dial } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { redact, Secret } from '../../core/secret.ts'
import { connectJenkins } from '../../jenkins/connect.ts'
import { proxyFor } from '../../jenkins/proxy.ts'
import { authorityFile, certificate } from '../support/certificates.ts'
import { listen, serveHttp, serveHttps } from '../support/local-server.ts'

describe('which proxy serves a URL', () => {
  const env = { HTTP_PROXY: 'http://plain:3128', HTTPS_PROXY: 'http://secure:3129' }
  const hostOf = (url: string, variables: NodeJS.ProcessEnv) => proxyFor(new URL(url), variables)?.host

  test('the scheme of the URL chooses the variable', () => {
    expect(proxyFor(new URL('http://jenkins.test/'), env)).toEqual({
      protocol: 'http',
      host: 'plain',
      port: 3128,
    })
    expect(proxyFor(new URL('https://jenkins.test/'), env)).toEqual({
      protocol: 'http',
      host: 'secure',
      port: 3129,
    })
    expect(proxyFor(new URL('https://jenkins.test/'), {})).toBeUndefined()
  })

  test('small letters win, ALL_PROXY comes last, a scheme may be left out', () => {
    expect(hostOf('http://a.test/', { ...env, http_proxy: 'small:1' })).toBe('small')
    expect(hostOf('https://a.test/', { ALL_PROXY: 'all.test' })).toBe('all.test')
    expect(hostOf('https://a.test/', { ...env, ALL_PROXY: 'all.test' })).toBe('secure')
  })

  test.each([
    ['*', 'http://jenkins.test/', true],
    ['jenkins.test', 'http://jenkins.test/', true],
    ['JENKINS.test', 'http://ci.jenkins.TEST/', true],
    ['.test', 'http://jenkins.test/', true],
    ['*.test', 'http://jenkins.test/', true],
    ['test, other', 'http://jenkins.test/', true],
    ['kins.test', 'http://jenkins.test/', false],
    ['jenkins.test:8080', 'http://jenkins.test:8080/', true],
    ['jenkins.test:8080', 'http://jenkins.test/', false],
    ['jenkins.test:443', 'https://jenkins.test/', true],
    ['10.0.0.0/8', 'http://10.1.2.3/', true],
    ['10.0.0.0/8', 'http://11.1.2.3/', false],
    ['10.0.0.0/99', 'http://10.1.2.3/', false],
    ['fd00::/8', 'http://[fd00::1]:8080/', true],
    ['[fd00::1]', 'http://[fd00::1]/', true],
    ['fd00::1', 'http://[fd00::1]/', true],
    ['1.2.3.4', 'http://11.2.3.4/', false],
    ['', 'http://jenkins.test/', false],
    ['', 'http://localhost:8080/', true],
    ['', 'http://127.0.0.1:8080/', true],
    ['', 'http://[::1]:8080/', true],
  ])('NO_PROXY=%s for %s: direct is %s', (noProxy, url, direct) => {
    expect(proxyFor(new URL(url), { ...env, NO_PROXY: noProxy }) === undefined).toBe(direct)
  })

  test('a variable that is no proxy URL is named', () => {
    expect(() => hostOf('http://a.test/', { HTTP_PROXY: 'socks5://p:1080' })).toThrow(
      'HTTP_PROXY does not hold the URL of an HTTP proxy',
    )
  })

  test('the password of a proxy is kept out of the log', () => {
    const proxy = proxyFor(new URL('http://a.test/'), { HTTP_PROXY: 'http://ann:pr0xy%40pass@p:3128' })
    expect(proxy?.auth).toEqual({ username: 'ann', password: 'pr0xy@pass' })
    expect(redact('pr0xy@pass')).toBe('[redacted]')
  })
})

const login = { user: 'ann', token: new Secret('TOKEN'), timeoutMs: 5000 }
const answer = '{"name":"ann"}'

test('https goes through the proxy in a tunnel, so that the proxy sees neither path nor token', async () => {
  const controller = new URL(
    await serveHttps(certificate('server'), (_request, response) => response.end(answer)),
  )
  const seen: unknown[] = []
  const proxy = createServer()
  proxy.on('connect', (request, socket, head) => {
    seen.push([
      request.method,
      request.url,
      request.headers['proxy-authorization'],
      request.headers.authorization,
    ])
    const onward = dial(Number(controller.port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.write(head)
      onward.pipe(socket).pipe(onward)
    })
    onward.on('error', () => {}).on('close', () => socket.destroy())
    socket.on('error', () => {}).on('close', () => onward.destroy())
  })
  const port = await listen(proxy)
  const jenkins = connectJenkins({
    ...login,
    url: 'https://jenkins.test/',
    caFile: authorityFile,
    env: { HTTPS_PROXY: `http://bob:secret@127.0.0.1:${port}` },
  })
  expect(await jenkins.whoAmI()).toMatchObject({ name: 'ann' })
  const basic = `Basic ${Buffer.from('bob:secret').toString('base64')}`
  expect(seen).toEqual([['CONNECT', 'jenkins.test:443', basic, undefined]])

  const distrustful = connectJenkins({
    ...login,
    url: 'https://jenkins.test/',
    env: { HTTPS_PROXY: `http://127.0.0.1:${port}` },
  })
  await expect(distrustful.whoAmI()).rejects.toMatchObject({
    hint: expect.stringContaining('controller.caFile'),
  })
})

test('plain http goes through the proxy with its full address', async () => {
  const controller = new URL(
    await serveHttp((request, response) => response.end(JSON.stringify({ name: request.headers.host }))),
  )
  const seen: unknown[] = []
  const url = await serveHttp((request, response) => {
    seen.push(request.url)
    forward({ port: controller.port, headers: request.headers }, (onward) => onward.pipe(response)).end()
  })
  const jenkins = connectJenkins({ ...login, url: 'http://jenkins.test:8080/ci/', env: { http_proxy: url } })
  expect(await jenkins.whoAmI()).toMatchObject({ name: 'jenkins.test:8080' })
  expect(seen).toEqual(['http://jenkins.test:8080/ci/whoAmI/api/json'])
})

test('a proxy that wants a login, or cannot reach the controller, is said to be the proxy', async () => {
  for (const [status, expected] of [
    [407, { failure: 'unauthenticated', hint: expect.stringContaining('HTTPS_PROXY') }],
    [502, { failure: 'unreachable', message: expect.stringContaining('a proxy in front of') }],
  ] as const) {
    const proxy = createServer((_request, response) => response.writeHead(status).end())
    proxy.on('connect', (_request, socket) =>
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`),
    )
    const env = { ALL_PROXY: `http://127.0.0.1:${await listen(proxy)}` }
    for (const url of ['http://jenkins.test/', 'https://jenkins.test/']) {
      await expect(connectJenkins({ ...login, url, env }).whoAmI()).rejects.toMatchObject(expected)
    }
  }
})

test('a proxy that is away is named, and its password is not', async () => {
  const env = { HTTPS_PROXY: 'http://bob:hunter22@127.0.0.1:1' }
  const error = await connectJenkins({ ...login, url: 'https://jenkins.test/', env })
    .whoAmI()
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    failure: 'unreachable',
    message: expect.stringContaining('jenkins.test through the proxy 127.0.0.1:1'),
  })
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('hunter22')
})
