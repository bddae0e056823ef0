import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { type CommandContext, defineCommand, printResult } from '../../core/command.ts'
import { packFiles } from '../../core/docker/archive.ts'
import { UserError } from '../../core/errors.ts'
import { fileError } from '../../core/file-error.ts'
import { packageVersion } from '../../core/package.ts'
import { expandHome } from '../../core/paths.ts'
import { loadControllerConfig } from '../config/load.ts'
import type { ControllerConfig } from '../config/schema.ts'
import { dockerGroup } from '../image/docker-group.ts'
import { type ImageFile, imageFiles } from '../image/files.ts'
import { writeImageFiles } from '../image/write-files.ts'
import { type Doors, realDoors } from './doors.ts'
import { refuseErrors } from './open.ts'

/** `footman jenkins image`. Tests put other rooms behind the doors. */
export const imageCommand = (doors: Doors) =>
  defineCommand({
    options: {
      build: { summary: 'build the image, and print its name' },
      output: {
        summary: 'write the files into this folder instead of printing them',
        value: 'folder',
        short: 'o',
      },
      pull: { summary: 'with --build: look for a newer base first' },
      dockerGroup: {
        summary: "number of the group of the engine's socket; default: as it is on this machine",
        value: 'id',
        parse: groupNumber,
      },
    },
    examples: [
      {
        line: 'footman jenkins image',
        explains: 'see the Dockerfile, the list of plugins and what else belongs to it',
      },
      {
        line: 'footman jenkins image --build',
        explains: 'build it; then let `image` in jenkins.yaml name it',
      },
      {
        line: 'footman jenkins image --output ./controller',
        explains: 'keep the files in a repository of yours',
      },
    ],
    reads: true,
    writes: true,
    async run(context, { build, output, pull, dockerGroup: group }) {
      const { value: config } = await loadControllerConfig(context)
      refuseErrors(config, 'build.')
      const files = await filesOf(config, group, context)
      const { reference } = config.build
      const folder = output === undefined ? undefined : resolve(context.cwd, output)
      if (context.dryRun && (build || folder)) {
        const steps = [
          ...(folder ? files.map(({ name }) => `write ${resolve(folder, name)}`) : []),
          ...(build ? [`build ${reference} on ${config.build.base}`] : []),
        ]
        printResult(context, { steps }, () => steps.join('\n'))
        return
      }
      if (folder) {
        const changed = await writeImageFiles(folder, files)
        context.log.info(
          changed.length === 0 ? `${folder} is up to date` : `wrote ${changed.join(', ')} to ${folder}`,
        )
      }
      if (build) {
        const imageId = await buildImage(files, { reference, pull, doors, context })
        if (config.image !== reference) {
          context.log.warn(`image is ${config.image}, so this one is not used; let it be ${reference}`)
        }
        printResult(context, { reference, imageId }, () => reference)
      } else if (!folder) {
        printResult(context, { reference, files }, () => inOneText(files))
      }
    },
  })

export const command = imageCommand(realDoors)

function groupNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new UserError(`${text} is no number of a group`, { hint: 'e.g. 998' })
}

async function filesOf(
  { build }: ControllerConfig,
  group: number | undefined,
  { env, cwd }: CommandContext,
): Promise<ImageFile[]> {
  return imageFiles({
    build,
    casc: build.casc === undefined ? undefined : await readCasc(build.casc, cwd, env.HOME || homedir()),
    dockerGroup: build.docker ? (group ?? (await dockerGroup(env))) : undefined,
    version: packageVersion(),
  })
}

async function readCasc(given: string, cwd: string, home: string): Promise<string> {
  const path = resolve(cwd, expandHome(given, home))
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw fileError('read build.casc', path, error)
  }
}

interface BuildRequest {
  reference: string
  pull: boolean
  doors: Doors
  context: CommandContext
}

async function buildImage(
  files: readonly ImageFile[],
  { reference, pull, doors, context }: BuildRequest,
): Promise<string> {
  const { log, signal } = context
  const host = await doors.connect(context)
  const owned = { mode: 0o644, uid: 0, gid: 0 }
  const archive = await packFiles(
    files.map(({ name, content }) => ({ name, content: Buffer.from(content), ...owned })),
  )
  log.info(`building ${reference}; --verbose shows how`)
  const onProgress = (line: string) => log.debug(line)
  return await host.build(Readable.from([archive]), { reference, pull, onProgress }, signal)
}

function inOneText(files: readonly ImageFile[]): string {
  return files.map(({ name, content }) => `# ${name}\n${content}`).join('\n')
}
