import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { type Pack, pack } from 'tar-stream'
import type { ContainerHost } from '../../../core/container-host.ts'
import type { CopiedFile } from '../machine-files.ts'
import { baseContext, baseDockerfile, baseFiles } from './build-context.ts'
import { type PluginSpec, pluginFile } from './plugin-files.ts'
import { startScript } from './start-script.ts'
import { type Baked, bakedFile, type Variant } from './variant.ts'

/** What an image is to be like. */
export interface PracticeControllerSpec {
  /** Default 2.498. */
  version?: string
  /** Default `healthy`. */
  variant?: Variant
  /** Of `slow-boot` and `dies-later`. Default 3. */
  seconds?: number
  /** Come out only in a network that leads somewhere. Default false. */
  sparesRehearsals?: boolean
  /** In the image as reference files: they get into the home when it starts. Default none. */
  plugins?: readonly PluginSpec[]
  /** Default: `footman/practice-controller:<version>[-<variant>]`. An image of that name is replaced. */
  reference?: string
  labels?: Record<string, string>
  /** What practiceControllerBase gave before: it need not look again then. */
  base?: string
}

/**
 * Makes an image of the practice controller that looks from outside like the official one (jenkinsci/docker): start script
 * under an init, user 1000, home on a volume, ports, variables. Nothing is downloaded: it is made of files of this machine. The bulk
 * is shared by all of them. Returns the reference. Throws UserError where there is no Linux to make it from.
 */
export async function practiceControllerImage(
  host: Pick<ContainerHost, 'inspectImage' | 'build'>,
  spec: PracticeControllerSpec = {},
  signal?: AbortSignal,
): Promise<string> {
  const { version = '2.498', variant = 'healthy', seconds = 3, sparesRehearsals = false, labels = {} } = spec
  const suffix = variant === 'healthy' ? '' : `-${variant}`
  const { reference = `footman/practice-controller:${version}${suffix}` } = spec
  const base = spec.base ?? (await practiceControllerBase(host, signal))
  const context = pack()
  fill(context, { base, baked: { version, variant, seconds, sparesRehearsals }, plugins: spec.plugins ?? [] })
  await host.build(
    Readable.from(context),
    { reference, labels: { 'footman.practice': 'controller', ...labels } },
    signal,
  )
  return reference
}

/** The image that all practice controllers are built on, named by its content; made when it is missing. */
export async function practiceControllerBase(
  host: Pick<ContainerHost, 'inspectImage' | 'build'>,
  signal?: AbortSignal,
): Promise<string> {
  const files = await baseFiles()
  const reference = `footman/practice-controller-base:${await fingerprint(files)}`
  if (!(await host.inspectImage(reference, signal))) {
    await host.build(baseContext(files), { reference }, signal)
  }
  return reference
}

/** Code by its content; what is large, by size and time. */
async function fingerprint(files: readonly CopiedFile[]): Promise<string> {
  const hash = createHash('sha256').update(`${process.arch}${baseDockerfile}${startScript}`)
  for (const { source, target } of files) {
    const { size, mtimeMs } = await stat(source)
    hash
      .update(`\0${target}\0`)
      .update(source.includes('/dist/') ? await readFile(source) : `${size} ${mtimeMs}`)
  }
  return hash.digest('hex').slice(0, 12)
}

function fill(context: Pack, image: { base: string; baked: Baked; plugins: readonly PluginSpec[] }): void {
  const { base, baked, plugins } = image
  const lines = [
    `FROM ${base}`,
    `COPY files/ /`,
    `ENV JENKINS_VERSION=${baked.version}`,
    `LABEL org.opencontainers.image.version=${baked.version}`,
  ]
  context.entry({ name: 'Dockerfile' }, `${lines.join('\n')}\n`)
  context.entry({ name: `files${bakedFile}`, mtime: new Date(0) }, JSON.stringify(baked))
  for (const plugin of plugins) {
    const name = `files/usr/share/jenkins/ref/plugins/${plugin.shortName}.jpi`
    context.entry({ name, mtime: new Date(0) }, pluginFile(plugin))
  }
  context.finalize()
}
