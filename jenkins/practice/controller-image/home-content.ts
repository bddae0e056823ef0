import { closeSync, futimesSync, mkdirSync, openSync, symlinkSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hashOfToken } from '../auth.ts'
import { renderJobXml } from '../job-xml.ts'
import { type PluginSpec, pluginFile } from './plugin-files.ts'

/** What a home is to hold. */
export interface HomePlan {
  /** Entries that are files, all in all; at least as many as the jobs and the configuration need. */
  files: number
  bytes: number
  jobs: number
  /** That ran on it last. */
  version: string
  /** An administrator, and what the API token hashes to (auth.ts). */
  user: string
  tokenHash: string
  plugins: readonly PluginSpec[]
}

/**
 * Fills a folder as a home that has been in use: configuration, one account, plugins, and jobs with builds until there are as many
 * files and bytes as wanted. It holds what copying may get wrong: links, modes, empty files and folders, odd names, old
 * times, an executable, a file that nobody may read. The same plan makes the same content.
 */
export function fillHome(home: string, plan: HomePlan): void {
  let count = 0
  let bytes = 0
  const folders = new Set<string>()
  const write = (name: string, content: string | Buffer, mode = 0o644) => {
    const file = join(home, name)
    const folder = dirname(file)
    if (!folders.has(folder)) mkdirSync(folder, { recursive: true })
    folders.add(folder)
    const handle = openSync(file, 'wx', mode)
    const data = typeof content === 'string' ? Buffer.from(content) : content
    if (data.length > 0) writeSync(handle, data)
    const seconds = 1_700_000_000 + count * 17
    futimesSync(handle, seconds, seconds + (count % 1000) / 1000)
    closeSync(handle)
    count += 1
    bytes += data.length
  }
  writeConfiguration(write, plan)
  for (let job = 0; job < plan.jobs; job++) {
    write(`jobs/${jobName(job)}/config.xml`, renderJobXml({ kind: 'freestyle', scripts: [`echo ${job}`] }))
  }
  writeOddities(home, write)
  const builds = Math.max(0, plan.files - count - plan.jobs) / 2
  const size = Math.max(0, plan.bytes - bytes) / (builds || 1)
  for (let build = 0; build < builds; build++) {
    const folder = `jobs/${jobName(build % plan.jobs)}/builds/${Math.floor(build / plan.jobs) + 1}`
    write(`${folder}/build.xml`, `<build><queueId>${build}</queueId><result>SUCCESS</result></build>\n`)
    write(`${folder}/log`, buildLog(build, Math.max(0, Math.round(size) - 70)))
  }
  for (let job = 0; job < plan.jobs; job++) {
    const next = Math.ceil((builds - job) / plan.jobs) + 1
    write(`jobs/${jobName(job)}/nextBuildNumber`, `${next}\n`)
    if (next > 1) symlinkSync(String(next - 1), join(home, `jobs/${jobName(job)}/builds/lastSuccessfulBuild`))
  }
}

type Write = (name: string, content: string | Buffer, mode?: number) => void

function writeConfiguration(write: Write, plan: HomePlan): void {
  const { user, tokenHash, version, plugins } = plan
  const keys = (letter: string) => letter.repeat(256)
  write(
    'config.xml',
    `<hudson>\n  <version>${version}</version>\n  <useSecurity>true</useSecurity>\n</hudson>\n`,
  )
  write('jenkins.install.InstallUtil.lastExecVersion', version)
  write('jenkins.install.UpgradeWizard.state', version)
  write('identity.key.enc', keys('i'), 0o600)
  write('secret.key', keys('s'), 0o600)
  write('secret.key.not-so-secret', '')
  write('secrets/master.key', keys('m'), 0o600)
  write('secrets/hudson.util.Secret', keys('u'), 0o600)
  write('credentials.xml', '<com.cloudbees.plugins.credentials.SystemCredentialsProvider/>\n', 0o600)
  write('nodes/laptop-1/config.xml', nodeXml)
  write(
    `users/users.xml`,
    `<hudson.model.UserIdMapper>\n  <version>1</version>\n</hudson.model.UserIdMapper>\n`,
  )
  write(
    `users/${user}_1000000000000000001/config.xml`,
    `<user>\n  <version>10</version>\n  <id>${user}</id>\n  <hash>${tokenHash}</hash>\n</user>\n`,
  )
  for (const plugin of plugins) write(`plugins/${plugin.shortName}.jpi`, pluginFile(plugin))
}

const nodeXml =
  '<slave>\n  <name>laptop-1</name>\n  <remoteFS>/home/jenkins</remoteFS>\n  <numExecutors>1</numExecutors>\n  <mode>EXCLUSIVE</mode>\n  <launcher class="hudson.slaves.JNLPLauncher"/>\n  <label>linux</label>\n  <nodeProperties/>\n</slave>\n'

function writeOddities(home: string, write: Write): void {
  write("userContent/a name with spaces, 'quotes' and ünïcode.txt", 'odd\n')
  write('userContent/-rf', 'a name like an option\n')
  write('userContent/two\nlines', 'a line break in the name\n')
  write('userContent/empty', '')
  write('userContent/nobody may read', 'private\n', 0o000)
  write('userContent/tool.sh', '#!/bin/sh\n', 0o755)
  mkdirSync(join(home, 'userContent/empty folder'), { mode: 0o700 })
  symlinkSync('/nowhere/at/all', join(home, 'userContent/broken link'))
}

function jobName(job: number): string {
  return `job-${String(job).padStart(3, '0')}`
}

const filler = Buffer.alloc(1024, 'Lorem ipsum dolor sit amet, consectetur adipiscing elit.\n')

function buildLog(build: number, size: number): Buffer {
  const log = Buffer.alloc(size, filler)
  log.write(`Build ${build}\n`)
  return log
}

/** The plan with what is not said filled in. */
export function homePlan(wanted: Partial<HomePlan> & { token: string }): HomePlan {
  const { token, ...rest } = wanted
  return {
    ...{ files: 200, bytes: 200_000, jobs: 5, version: '2.498', user: 'admin', plugins: defaultPlugins },
    ...rest,
    tokenHash: hashOfToken(token),
  }
}

const defaultPlugins: readonly PluginSpec[] = [
  { shortName: 'credentials', version: '1408.va_622a_b_f5b_1b_1' },
  { shortName: 'git', version: '5.7.0' },
  { shortName: 'workflow-cps', version: '4106.v7a_8a_8176d450' },
]
