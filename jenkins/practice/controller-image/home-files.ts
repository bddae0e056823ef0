import { createHash, randomBytes } from 'node:crypto'
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readIfExists } from '../../../core/atomic-write.ts'
import type { User } from '../auth.ts'
import type { JobDefinition } from '../contract.ts'
import type { Prepared } from '../controller.ts'
import { parseJobXml } from '../job-xml.ts'
import { parseNodeXml } from '../node-xml.ts'
import { addNode } from '../nodes.ts'
import type { State } from '../state.ts'
import type { PlayedPlugin } from '../world.ts'
import { parseXml } from '../xml.ts'
import { readPlugins } from './plugin-files.ts'

/** A failed boot leaves its time in this file, a good one removes it. jenkinsci/jenkins BootFailure.java. */
const attemptsFile = 'failed-boot-attempts.txt'
/** The version that ran last; a home without it is a new one. jenkinsci/jenkins InstallUtil.java. */
const lastVersionFile = 'jenkins.install.InstallUtil.lastExecVersion'

export interface LoadOptions {
  home: string
  version: string
  /** Asks for the first password even in a home that has been set up. */
  forceWizard: boolean
  /** Told the first password, when there is one. */
  onFirstPassword(password: string, file: string): void
}

/**
 * Reads a home as Jenkins does when it boots, into a fresh state, and writes into it what a boot writes. Throws when its config.xml
 * cannot be read: that boot has failed. A job or node that cannot be read is left out, as Jenkins does.
 */
export async function loadHome(
  state: State,
  options: LoadOptions,
): Promise<Prepared & { plugins: PlayedPlugin[] }> {
  const { home, version, forceWizard } = options
  await appendFile(join(home, attemptsFile), `${new Date().toUTCString()}\n`)
  const isNew = (await readIfExists(join(home, lastVersionFile))) === undefined
  const config = await readIfExists(join(home, 'config.xml'))
  if (config !== undefined && !parseXml(config)) throw new Error(`Unable to read ${join(home, 'config.xml')}`)
  await writeMissing(home, config === undefined)
  state.secretKey = createHash('sha256')
    .update(await readFile(join(home, 'secrets/master.key')))
    .digest('hex')
  await playScripts(state, home)
  await loadJobs(state, home)
  await loadNodes(state, home)
  const plugins = await readPlugins(join(home, 'plugins'))
  if (isNew || forceWizard) return { ...(await firstPassword(options)), plugins }
  await writeChanged(join(home, lastVersionFile), version)
  return { users: await readUsers(home), plugins }
}

/** The boot was a good one. */
export async function markBooted(home: string): Promise<void> {
  await rm(join(home, attemptsFile), { force: true })
}

async function writeMissing(home: string, hasNoConfig: boolean): Promise<void> {
  for (const folder of ['jobs', 'nodes', 'plugins', 'secrets', 'users', 'userContent', 'logs']) {
    await mkdir(join(home, folder), { recursive: true })
  }
  if (hasNoConfig) await writeFile(join(home, 'config.xml'), emptyConfig)
  const secret = { mode: 0o600, flag: 'wx' }
  for (const file of ['secrets/master.key', 'secret.key']) {
    await writeFile(join(home, file), randomBytes(128).toString('hex'), secret).catch(ignoreExisting)
  }
}

const emptyConfig = `<?xml version='1.1' encoding='UTF-8'?>
<hudson>
  <numExecutors>2</numExecutors>
  <mode>NORMAL</mode>
  <useSecurity>true</useSecurity>
</hudson>
`

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
}

async function writeChanged(file: string, content: string): Promise<void> {
  if ((await readIfExists(file)) !== content) await writeFile(file, content)
}

/** The one thing that the practice controller understands of init.groovy.d: to be quiet from the start. */
async function playScripts(state: State, home: string): Promise<void> {
  const folder = join(home, 'init.groovy.d')
  for (const name of await readdir(folder).catch(() => [])) {
    const script = name.endsWith('.groovy') ? await readFile(join(folder, name), 'utf8') : ''
    if (/^\s*[^/\s].*\.doQuietDown\(/m.test(script)) state.quietDown = { reason: null }
  }
}

async function loadJobs(state: State, home: string): Promise<void> {
  for (const name of await foldersIn(join(home, 'jobs'))) {
    const folder = join(home, 'jobs', name)
    const xml = await readIfExists(join(folder, 'config.xml'))
    if (xml === undefined || !parseXml(xml)) continue
    const parsed = parseJobXml(xml) ?? { definition: unknownJob, concurrent: false }
    const next = Number(await readIfExists(join(folder, 'nextBuildNumber')))
    // The builds stay on the disk: Jenkins, too, reads them only when somebody asks.
    state.jobs.set(name, { name, xml, ...parsed, nextBuild: Number.isInteger(next) ? next : 1, builds: [] })
  }
}

/** A kind of job that the practice controller only counts. */
const unknownJob: JobDefinition = { kind: 'freestyle', label: '', scripts: [] }

async function loadNodes(state: State, home: string): Promise<void> {
  for (const name of await foldersIn(join(home, 'nodes'))) {
    const config = parseNodeXml((await readIfExists(join(home, 'nodes', name, 'config.xml'))) ?? '')
    if (typeof config === 'object') addNode(state, { ...config, name: config.name || name })
  }
}

/** jenkinsci/jenkins User.java: one folder for each, whose name begins with the user's. */
async function readUsers(home: string): Promise<User[]> {
  const users: User[] = []
  for (const folder of await foldersIn(join(home, 'users'))) {
    const xml = (await readIfExists(join(home, 'users', folder, 'config.xml'))) ?? ''
    const name = /<id>([^<]+)<\/id>/.exec(xml)?.[1] ?? folder.replace(/_\d+$/, '')
    const tokenHashes = [...xml.matchAll(/<hash>([0-9a-f]{64})<\/hash>/g)].flatMap(([, hash]) => hash ?? [])
    users.push({ name, tokenHashes })
  }
  return users
}

async function firstPassword(options: LoadOptions): Promise<Prepared> {
  const file = join(options.home, 'secrets/initialAdminPassword')
  const known = await readIfExists(file)
  const password = known?.trim() || randomBytes(16).toString('hex')
  if (known === undefined) await writeFile(file, `${password}\n`, { mode: 0o640 })
  options.onFirstPassword(password, file)
  return { users: [{ name: 'admin', password }], setupWizard: { passwordFile: file } }
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
}
