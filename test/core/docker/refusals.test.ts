import { describe, expect, test } from 'vitest'
import { engineError } from '../../../core/docker/refusals.ts'
import { RemoteError, UserError } from '../../../core/errors.ts'

const call = { doing: 'do it', host: 'unix:///var/run/docker.sock' }

/** What dockerode throws for an answer of the engine. */
function refusal(statusCode: number, message: string): Error {
  return Object.assign(new Error(`(HTTP code ${statusCode}) unexpected - ${message} `), {
    statusCode,
    json: { message },
  })
}

describe('words of engines and registries', () => {
  test.each([
    [500, 'write /var/lib/docker/tmp/x: no space left on device', 'user', /docker system prune/],
    [
      500,
      'driver failed programming external connectivity on endpoint a: Bind for 0.0.0.0:8080 failed: port is already allocated',
      'conflict',
      /docker ps/,
    ],
    [403, 'Address already in use', 'conflict', /docker ps/],
    [404, 'No such image: team/tool:1', 'user', /pull it/],
    [404, 'team/tool:1: image not known', 'user', /pull it/], // Podman
    [
      404,
      'pull access denied for team/x, repository does not exist or may require',
      'unauthenticated',
      /login/,
    ],
    [500, 'unauthorized: authentication required', 'unauthenticated', /docker login/],
    [404, 'manifest for jenkins/inbound-agent:jdk99 not found: manifest unknown', 'user', /tag/],
    [
      500,
      'Get "https://registry-1.docker.io/v2/": dial tcp: lookup x: no such host',
      'unreachable',
      /reaches/,
    ],
    [500, 'toomanyrequests: You have reached your pull rate limit', 'rejected', /wait an hour/],
    [500, 'no matching manifest for linux/arm64/v8 in the manifest list entries', 'user', /processor/],
    [500, 'Mounts denied: the path /opt/x is not shared from the host', 'user', /File sharing/],
    [409, 'Conflict. The container name "/a" is already in use by container', 'conflict', undefined],
    [500, 'the container name "footman-1" is already in use by c40417a5: that name', 'conflict', undefined], // Podman
    [500, 'crun: executable file `java` not found in $PATH: No such file or directory', 'user', /lacks/], // Podman
    [404, 'No such container: abc', 'not-found', undefined],
    [403, 'authorization denied by plugin opa', 'forbidden', undefined],
    [400, 'invalid hostname', 'rejected', undefined],
    [500, 'something odd', 'broken', undefined],
  ])('%d %s', (status, words, kind, hint) => {
    const error = engineError(refusal(status, words), call)
    expect(error.message).toBe(`cannot do it: ${words}`)
    if (hint) expect(error.hint).toMatch(hint)
    else expect(error.hint).toBeUndefined()
    if (kind === 'user') expect(error).toBeInstanceOf(UserError)
    else expect(error).toMatchObject({ failure: kind, status })
  })
})

describe('a socket', () => {
  test.each([
    ['ENOENT', /start it/],
    ['ECONNREFUSED', /start it/],
    ['EACCES', /usermod -aG docker/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /DOCKER_CERT_PATH/],
  ])('that gives %s leads to its own cure', (code, hint) => {
    const error = engineError(Object.assign(new Error(`connect ${code} /x`), { code }), call)
    expect(error).toBeInstanceOf(RemoteError)
    expect(error).toMatchObject({
      failure: 'unreachable',
      message: `cannot do it: the container engine at unix:///var/run/docker.sock does not answer (${code})`,
      hint: expect.stringMatching(hint),
    })
  })
})

test('an answer without words still makes a sentence', () => {
  const error = engineError(Object.assign(new Error(''), { statusCode: 500 }), call)
  expect(error.message).toBe('cannot do it: it gave no reason')
})
