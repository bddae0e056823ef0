import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { promisify } from 'node:util'
import { beforeAll, expect, test, vi } from 'vitest'
import { RemoteError } from '../../core/errors.ts'
import { tunnelAgent } from '../../jenkins/tunnel.ts'
import { type Account, usePracticeControllers } from '../support/practice-controllers.ts'

const controllers = usePracticeControllers()
const soon = { timeout: 20_000, interval: 100 }
let container: string
let account: Account

beforeAll(async () => {
  const { home, ...login } = await controllers.home({ files: 40, jobs: 1 })
  account = login
  container = await controllers.start(await controllers.image(), home)
  const probe = controllers.probe(container, account)
  await vi.waitFor(async () => expect(await probe.look()).toMatchObject({ state: 'up' }), soon)
})

/** One request through a tunnel of its own; what came is the status and the body. */
function exchange(path: string, body?: Buffer): Promise<{ status: number | undefined; body: Buffer }> {
  const agent = tunnelAgent(controllers.host, container, { port: 8080 })
  const auth = `${account.user}:${account.token}`
  const options = { host: '127.0.0.1', port: 8080, path, auth, agent, method: body ? 'POST' : 'GET' }
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...options, headers: { 'Content-Type': 'application/xml' } }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks) }))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

async function programs(): Promise<string> {
  const { stdout } = await controllers.host.exec(container, {
    command: ['bash', '-c', 'ps -e -o comm= | grep -c -x cat || true'],
  })
  return stdout.trim()
}

test('megabytes come through whole, there and back', async () => {
  const script = randomBytes(2 ** 19).toString('hex')
  const xml = `<project><builders><hudson.tasks.Shell><command>${script}</command></hudson.tasks.Shell></builders></project>`
  const made = await exchange('/createItem?name=large', Buffer.from(xml))
  expect(made.status).toBe(200)
  const { body } = await exchange('/job/large/config.xml')
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  expect(hash(/<command>([0-9a-f]+)</.exec(body.toString())?.[1] ?? '')).toBe(hash(script))
  expect((await exchange('/nothing/here', Buffer.alloc(12 * 2 ** 20, 'x'))).status).toBe(404)
})

test('many requests at once do not get in each other’s way', async () => {
  const jenkins = controllers.jenkins(container, account)
  const names = await Promise.all(Array.from({ length: 8 }, () => jenkins.whoAmI()))
  expect(new Set(names.map(({ name }) => name))).toEqual(new Set(['admin']))
})

test('nothing is left in the container when an answer has come', async () => {
  await controllers.jenkins(container, account).whoAmI()
  await expect.poll(programs, soon).toBe('0')
})

test('nothing is left in the container when nobody waits for the answer any more', async () => {
  const agent = tunnelAgent(controllers.host, container, { port: 8080 })
  const outgoing = request({ host: '127.0.0.1', port: 8080, method: 'POST', path: '/x', agent })
  outgoing.on('error', () => {})
  outgoing.write('half a request')
  await expect.poll(programs, soon).toBe('2')
  outgoing.destroy()
  await expect.poll(programs, soon).toBe('0')
})

test('a port where nobody listens is refused', async () => {
  const agent = tunnelAgent(controllers.host, container, { port: 9 })
  const refused = new Promise((_, reject) => request({ port: 9, agent }).on('error', reject).end())
  await expect(refused).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('a paused container is told in the words of the engine', async () => {
  const docker = (verb: string) => promisify(execFile)('docker', [verb, container])
  await docker('pause')
  try {
    const jenkins = controllers.jenkins(container, account)
    await expect(jenkins.whoAmI()).rejects.toThrow(/paused/)
    await expect(jenkins.whoAmI()).rejects.toBeInstanceOf(RemoteError)
    expect(await controllers.probe(container, account).look()).toMatchObject({
      state: 'silent',
      reason: expect.stringContaining('paused'),
    })
  } finally {
    await docker('unpause')
  }
})

test('a container that is stopped in the middle of an answer breaks it off', async () => {
  const image = await controllers.image({ variant: 'never-answers' })
  const id = await controllers.start(image, await controllers.volume())
  const probe = controllers.probe(id)
  await expect
    .poll(() => probe.look(), soon)
    .toMatchObject({ state: 'silent', reason: expect.stringContaining('no answer') })
  const broken = expect(controllers.jenkins(id, account).root()).rejects.toBeInstanceOf(RemoteError)
  await controllers.host.stop(id, 1)
  await broken
  expect(await probe.look()).toMatchObject({ state: 'dead' })
})

test('a container without a network is reached all the same', async () => {
  const image = await controllers.image()
  const { home, ...login } = await controllers.home({ files: 40, jobs: 1 })
  const id = await controllers.start(image, home, { HostConfig: { NetworkMode: 'none' } })
  const probe = controllers.probe(id, login)
  await expect.poll(() => probe.look(), soon).toMatchObject({ state: 'up', jobs: 1 })
})
