import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'

const run = promisify(execFile)

export interface AptRepository {
  url: string
  /** Paths below the URL, of the packages alone. */
  packages: readonly string[]
  /** Every path that somebody fetched, in order. */
  requests: string[]
}

/** A repository of real Debian packages with random content of these sizes, served on an address of this machine. */
export async function serveAptRepository(
  folder: string,
  sizes: Readonly<Record<string, number>>,
  address = '127.0.0.1',
): Promise<AptRepository> {
  const pool = join(folder, 'repository')
  for (const [name, size] of Object.entries(sizes)) await buildPackage(folder, pool, name, size)
  const { stdout } = await run('apt-ftparchive', ['packages', '.'], { cwd: pool })
  await writeFile(join(pool, 'Packages'), stdout)
  await writeFile(
    join(pool, 'Release'),
    (await run('apt-ftparchive', ['release', '.'], { cwd: pool })).stdout,
  )
  const { url, requests } = await serveFolder(pool, address)
  return { url, requests, packages: (await readdir(pool)).filter((name) => name.endsWith('.deb')) }
}

/** Files of a folder, served as mirrors do: with the day of their last change, and 304 for who has them already. */
export async function serveFolder(
  folder: string,
  address = '127.0.0.1',
): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    requests.push(path)
    void answer(join(folder, path.replaceAll('..', '')), request.headers['if-modified-since'], response)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, address, resolve)
  })
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://${address}:${(server.address() as AddressInfo).port}`, requests }
}

async function answer(path: string, since: string | undefined, response: ServerResponse): Promise<void> {
  const facts = await stat(path).catch(() => undefined)
  if (!facts?.isFile()) {
    response.writeHead(404).end()
    return
  }
  const modified = new Date(Math.floor(facts.mtimeMs / 1000) * 1000)
  if (since !== undefined && new Date(since) >= modified) {
    response.writeHead(304).end()
    return
  }
  response.writeHead(200, {
    'content-length': facts.size,
    'content-type': 'application/octet-stream',
    'last-modified': modified.toUTCString(),
  })
  createReadStream(path).pipe(response)
}

async function buildPackage(folder: string, pool: string, name: string, size: number): Promise<void> {
  const tree = join(folder, 'source', name)
  await mkdir(join(tree, 'DEBIAN'), { recursive: true })
  await mkdir(join(tree, 'opt', name), { recursive: true })
  await mkdir(pool, { recursive: true })
  const control = {
    Package: name,
    Version: '1.0',
    Architecture: 'all',
    Maintainer: 'nobody <nobody@localhost>',
    Description: 'of a test',
  }
  await writeFile(
    join(tree, 'DEBIAN', 'control'),
    Object.entries(control)
      .map(([key, value]) => `${key}: ${value}\n`)
      .join(''),
  )
  await writeFile(join(tree, 'opt', name, 'content'), randomBytes(size))
  await run('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, pool])
}

/**
 * A root folder of its own in which apt installs for real: settings, lists, cache and dpkg's database are all below it.
 * Returns the path of the file that APT_CONFIG is to name.
 */
export async function aptRoot(folder: string, { url }: AptRepository): Promise<string> {
  const root = join(folder, 'root')
  for (const path of [
    'etc/apt/apt.conf.d',
    'etc/apt/preferences.d',
    'etc/apt/sources.list.d',
    'etc/apt/trusted.gpg.d',
    'var/lib/apt/lists/partial',
    'var/cache/apt/archives/partial',
    'var/log/apt',
    'var/lib/dpkg/info',
    'var/lib/dpkg/updates',
  ]) {
    await mkdir(join(root, path), { recursive: true })
  }
  await writeFile(join(root, 'var/lib/dpkg/status'), '')
  await writeFile(join(root, 'etc/apt/sources.list'), `deb [trusted=yes] ${url} ./\n`)
  const settings = join(folder, 'apt.conf')
  await writeFile(
    settings,
    [
      `Dir "${root}";`,
      `Dir::State::status "${root}/var/lib/dpkg/status";`,
      'Dir::Bin::dpkg "/usr/bin/dpkg";',
      'APT::Sandbox::User "root";',
      'APT::Install-Recommends "false";',
      `DPkg::Options { "--root=${root}"; "--force-not-root"; "--log=${root}/dpkg.log"; };`,
      'DPkg::Pre-Install-Pkgs { };',
      '',
    ].join('\n'),
  )
  return settings
}
