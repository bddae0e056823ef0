import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type CommandContext, defineCommand, printResult } from '../../core/command.ts'
import { type ExitCode, exitCodes, UserError } from '../../core/errors.ts'
import { table } from '../../core/table.ts'
import { formatDuration, formatSize } from '../../core/units.ts'
import type { Backup, FailedHome, HomeKeeper } from '../home/home.ts'
import { homeMountOf } from '../recipe/home-mount.ts'
import { type Doors, realDoors } from './doors.ts'
import { type Opened, openController } from './open.ts'

/** `footman jenkins backups`. Tests put other rooms behind the doors. */
export const backupsCommand = (doors: Doors) =>
  defineCommand({
    options: {
      verify: { summary: 'read every byte of each, and hold it against its manifest' },
      archive: {
        summary: 'write this backup into a file that may leave the machine: without the master key',
        value: 'id',
      },
      output: { summary: 'that file, a tar.gz', value: 'file', short: 'o' },
    },
    examples: [
      { line: 'footman jenkins backups', explains: 'what there is to go back to' },
      {
        line: 'footman jenkins backups --verify',
        explains: 'and whether it is still whole; exits 1 when one is not',
      },
      {
        line: 'footman jenkins backups --archive 20261124033000-1a2b --output home.tar.gz',
        explains: 'take one elsewhere; keep secrets/master.key apart from it',
      },
    ],
    reads: true,
    async run(context, { verify, archive, output }) {
      const opened = await openController(context, doors)
      const keeper = await keeperOf(opened, context)
      if (archive !== undefined) return await writeArchive(keeper, { id: archive, output, context })
      const backups = await keeper.backups(context.signal)
      const found = verify ? await verifyAll(keeper, backups, context) : new Map<string, string[]>()
      const listed = verify ? await keeper.backups(context.signal) : backups
      const result = {
        backups: listed.map((backup) => ({ ...backup, differences: found.get(backup.id) ?? null })),
        failedHomes: await keeper.failedHomes(context.signal),
      }
      if (listed.length === 0) context.log.info('there is no backup yet')
      const text = resultText(result, doors.clock.now())
      if (context.json || text !== '') printResult(context, result, () => text)
      return [...found.values()].some((differences) => differences.length > 0)
        ? exitCodes.failed
        : exitCodes.ok
    },
  })

export const command = backupsCommand(realDoors)

/** The helper that reads the store runs the controller's own image: that one is surely here. */
async function keeperOf(
  { settings, host, options }: Opened,
  { signal }: CommandContext,
): Promise<HomeKeeper> {
  const container = await host.inspect(settings.name, signal)
  return options.keeperOf({
    controller: settings.name,
    home: (container && homeMountOf(container)?.source) ?? settings.home,
    store: settings.backups.store,
    image: container?.Image ?? settings.image,
  })
}

async function verifyAll(
  keeper: HomeKeeper,
  backups: readonly Backup[],
  { log, signal }: CommandContext,
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>()
  for (const { id, bytes } of backups) {
    log.info(`reading ${id}, ${formatSize(bytes)}`)
    const verification = await keeper.verify(id, signal)
    found.set(id, verification.ok ? [] : verification.differences)
    for (const difference of verification.ok ? [] : verification.differences.slice(0, mostTold)) {
      log.error(`${id}: ${difference}`)
    }
  }
  return found
}

const mostTold = 20

interface ArchiveRequest {
  id: string
  output: string | undefined
  context: CommandContext
}

async function writeArchive(keeper: HomeKeeper, { id, output, context }: ArchiveRequest): Promise<ExitCode> {
  if (output === undefined) {
    throw new UserError('--archive needs to know the file', {
      hint: `footman jenkins backups --archive ${id} --output ${id}.tar.gz`,
      exitCode: exitCodes.usage,
    })
  }
  const file = resolve(context.cwd, output)
  if (existsSync(file)) throw new UserError(`${file} is there already`, { hint: 'choose another --output' })
  await keeper.archive(id, file, context.signal)
  printResult(context, { id, file }, () => file)
  context.log.info(
    'the archive has no secrets/master.key: without that, its credentials open for nobody. Keep the key apart',
  )
  return exitCodes.ok
}

type Listed = Backup & { differences: string[] | null }

function resultText(
  { backups, failedHomes }: { backups: Listed[]; failedHomes: FailedHome[] },
  nowMs: number,
): string {
  const tables = [
    backups.length > 0 && backupsText(backups, nowMs),
    failedHomes.length > 0 && failedText(failedHomes, nowMs),
  ]
  return tables.filter(Boolean).join('\n')
}

/** Homes as a version left them that had to be undone: for finding out why, not for going back. */
function failedText(homes: readonly FailedHome[], nowMs: number): string {
  const rows = homes.map(({ id, atMs, bytes }) => [
    id,
    `${formatDuration(nowMs - atMs)} ago`,
    formatSize(bytes),
  ])
  return table(rows, ['failed home', 'age', 'size'])
}

function backupsText(backups: readonly Listed[], nowMs: number): string {
  const rows = backups.map(({ id, atMs, version, bytes, files, verifiedAtMs, differences }) => [
    id,
    `${formatDuration(nowMs - atMs)} ago`,
    version,
    formatSize(bytes),
    String(files),
    stateText(differences, verifiedAtMs, nowMs),
  ])
  return table(rows, ['backup', 'age', 'version', 'size', 'files', 'verified'])
}

function stateText(differences: string[] | null, verifiedAtMs: number | undefined, nowMs: number): string {
  if (differences && differences.length > 0) return `DAMAGED in ${differences.length} places`
  return verifiedAtMs === undefined ? 'never' : `${formatDuration(nowMs - verifiedAtMs)} ago`
}
