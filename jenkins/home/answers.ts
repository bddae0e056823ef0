import { z } from 'zod'
import { RemoteError, UserError } from '../../core/errors.ts'
import { formatSize } from '../../core/units.ts'
import type { Backup, CopyReport, FailedHome, HomeMeasure, HomePlaces } from './home.ts'

/** What the script said about its work, line by line and sorted by kind. */
export interface Said {
  results: string[]
  refusals: string[]
  /** Of the disk that was full. */
  full: string | undefined
  /** What its programs complained of. */
  notes: string[]
  /** Undefined while it is at work, and when it was ended. */
  code: number | undefined
}

const facts = z.object({
  version: z.string(),
  imageId: z.string(),
  digest: z.string().optional(),
  transaction: z.string(),
  reason: z.string(),
  atMs: z.number(),
})
const ofBackup = z.object({ facts, files: z.number(), bytes: z.number() })
const ofFailedHome = z.object({ facts: z.object({ atMs: z.number() }), bytes: z.number() })

/** Puts one line of the script where it belongs; returns what it tells of the progress, in words. */
export function hear(said: Said, line: string): string | undefined {
  const [, kind = '', rest = ''] = /^(\w+) ?(.*)$/s.exec(line) ?? []
  if (kind === 'progress') return progressInWords(rest)
  if (kind === 'result') said.results.push(rest)
  else if (kind === 'refuse') said.refusals.push(rest)
  else if (kind === 'full') said.full = rest
  else if (kind === 'end') said.code = Number(rest)
  else if (kind !== 'alive' && line.trim() !== '') said.notes.push(kind === 'said' ? rest : line)
  return undefined
}

function progressInWords(text: string): string {
  const [what, ...numbers] = text.split(' ')
  const [files = 0, bytes] = numbers.map(Number)
  const amount = `${files} ${files === 1 ? 'file' : 'files'}${bytes === undefined ? '' : ` (${formatSize(bytes)})`}`
  if (what === 'copy') return `copying ${amount}`
  if (what === 'read') return `reading ${amount}`
  return 'looking at what has changed'
}

/** The error that the script ended with, for throwing. */
export function failureOf(said: Said, places: HomePlaces): UserError | RemoteError {
  if (said.full !== undefined) return noRoom(said.full, places)
  const [refusal] = said.refusals
  if (refusal !== undefined)
    return new UserError(refusal, { hint: 'see what the helper found, and try again' })
  const notes = said.notes.slice(-10).join('\n')
  if (said.code === undefined) {
    return new RemoteError(
      'broken',
      `the helper container for ${places.controller} was ended before its work was done${and(notes)}`,
      {
        hint: 'try again: the work goes on from where it was',
      },
    )
  }
  return new RemoteError(
    'broken',
    `the work on the home of ${places.controller} failed with exit code ${said.code}${and(notes)}`,
    {
      hint: 'look at what the last lines complain of',
    },
  )
}

function and(notes: string): string {
  return notes === '' ? '' : `:\n${notes}`
}

/** `place bytes inodes` as wanted, where known, then free blocks, their size, and free inodes. */
function noRoom(text: string, places: HomePlaces): UserError {
  const words = text.trim().split(' ')
  const [place = 'store', bytes, inodes] = words.length > 3 ? words : []
  const [blocks = 0, blockSize = 0, freeInodes = 0] = words.slice(-3).map(Number)
  const free = blocks * blockSize
  const where = {
    store: `the backups are (${places.store})`,
    home: `the home is (${places.home})`,
    target: 'volumes are',
  }[place]
  const missing = []
  if (Number(bytes) > free) missing.push(`${formatSize(Number(bytes) - free)} are missing`)
  if (Number(inodes) > freeInodes)
    missing.push(`room for ${Number(inodes) - freeInodes} more files is missing`)
  const need =
    bytes === undefined ? '' : `: ${formatSize(Number(bytes))} are needed, ${formatSize(free)} are free`
  return new UserError(
    `the disk is full where ${where ?? place}${need}${missing.map((text) => `, ${text}`).join('')}`,
    {
      hint:
        place === 'home'
          ? 'make room there and try again: the home is then put right'
          : 'make room there, or let backups go to another disk; the home was not touched',
    },
  )
}

/** Files, bytes, copied files, copied bytes, removed entries. */
export function copyReport([line = '']: string[]): CopyReport {
  const [files, bytes, copiedFiles, copiedBytes, removedFiles] = numbers(line, 5)
  return { files, bytes, copiedFiles, copiedBytes, removedFiles }
}

/** Files, bytes, then free blocks and their size of the home, and the same with free and all inodes of the store. */
export function homeMeasure([line = '']: string[]): HomeMeasure {
  const [files, bytes, homeBlocks, homeBlock, storeBlocks, storeBlock, freeInodes, inodes] = numbers(line, 8)
  return {
    files,
    bytes,
    homeFreeBytes: homeBlocks * homeBlock,
    storeFreeBytes: storeBlocks * storeBlock,
    storeFreeInodes: inodes === 0 ? undefined : freeInodes,
  }
}

type Numbers<N extends number, T extends number[] = []> = T['length'] extends N
  ? T
  : Numbers<N, [...T, number]>

function numbers<N extends number>(line: string, count: N): Numbers<N> {
  const all = line.split(' ').map(Number)
  if (all.length !== count || all.some((number) => !Number.isFinite(number))) {
    throw new RemoteError('broken', `cannot read what the helper container answered: ${line}`)
  }
  return all as Numbers<N>
}

/** Lines of id, SHA-256, when verified, and facts. Those that cannot be read are of another version, and are left out. */
export function backupsOf(lines: string[]): Backup[] {
  const backups: Backup[] = []
  for (const { id, sha256, verified, json } of listed(lines)) {
    const read = id.startsWith('failed/') ? undefined : ofBackup.safeParse(json)
    if (!read?.success) continue
    const { facts, files, bytes } = read.data
    const verifiedAtMs = verified === '-' ? undefined : Number(verified)
    backups.push({ id, ...facts, digest: facts.digest, files, bytes, sha256, verifiedAtMs })
  }
  return backups.sort((a, b) => b.atMs - a.atMs)
}

export function failedHomesOf(lines: string[]): FailedHome[] {
  const homes: FailedHome[] = []
  for (const { id, json } of listed(lines)) {
    const read = id.startsWith('failed/') ? ofFailedHome.safeParse(json) : undefined
    if (read?.success)
      homes.push({ id: id.slice('failed/'.length), atMs: read.data.facts.atMs, bytes: read.data.bytes })
  }
  return homes.sort((a, b) => b.atMs - a.atMs)
}

function* listed(
  lines: string[],
): Generator<{ id: string; sha256: string; verified: string; json: unknown }> {
  for (const line of lines) {
    const [, id, sha256, verified, text] = /^(\S+) (\S+) (\S+) (.*)$/.exec(line) ?? []
    if (id === undefined || sha256 === undefined || verified === undefined || text === undefined) continue
    try {
      yield { id, sha256, verified, json: JSON.parse(text) }
    } catch {
      // No JSON: written by hand, or cut off.
    }
  }
}
