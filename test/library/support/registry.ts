import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'

export interface Registry {
  /** host:port, on loopback, where the Docker Engine takes plain HTTP. */
  host: string
  tags(repository: string): Promise<readonly string[]>
  /** Of a tag, as the registry has it. */
  digest(repository: string, tag: string): Promise<string | null>
}

/** Debian's docker-registry with a store of its own, for one test; with a login when one is given. */
export async function startRegistry(
  folder: string,
  login?: { user: string; password: string; bcrypt: string },
): Promise<Registry> {
  const port = await freePort()
  const store = join(folder, 'registry')
  await mkdir(store, { recursive: true })
  const settings = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: store } },
    http: { addr: `127.0.0.1:${port}` },
    ...(login && { auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } } }),
  }
  if (login) await writeFile(join(folder, 'htpasswd'), `${login.user}:${login.bcrypt}\n`)
  // JSON is YAML.
  await writeFile(join(folder, 'registry.yml'), JSON.stringify(settings))
  const child = spawn('docker-registry', ['serve', join(folder, 'registry.yml')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let words = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (words += String(chunk)))
  const gone = once(child, 'exit').catch((error: unknown) => {
    words += `docker-registry is needed (apt-get install docker-registry): ${String(error)}`
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await gone
  })
  const host = `127.0.0.1:${port}`
  const headers: Record<string, string> = login
    ? { authorization: `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}` }
    : {}
  await until('the registry answers', async () => {
    if (child.exitCode !== null || child.pid === undefined) throw new Error(`docker-registry ended: ${words}`)
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined)
    return answer !== undefined
  })
  return {
    host,
    async tags(repository) {
      const answer = await fetch(`http://${host}/v2/${repository}/tags/list`, { headers })
      const list = answer.ok ? ((await answer.json()) as { tags: string[] | null }) : undefined
      return (list?.tags ?? []).toSorted()
    },
    async digest(repository, tag) {
      const answer = await fetch(`http://${host}/v2/${repository}/manifests/${tag}`, {
        method: 'HEAD',
        headers: { ...headers, accept: 'application/vnd.docker.distribution.manifest.v2+json' },
      })
      return answer.headers.get('docker-content-digest')
    },
  }
}
