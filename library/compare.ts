import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileError } from '../core/file-error.ts'
import type { PlannedFile } from './desk.ts'
import type { LibraryPlan } from './engine.ts'
import { hashOf, type Manifest, manifestPath, parseManifest } from './manifest.ts'
import { compare } from './order.ts'
import { type Standing, surveyFolder } from './safe-path.ts'

/**
 * How a file of the library differs from what it should be: it is not there; footman wrote it with other settings or
 * another version; somebody changed it since; it was never footman's; or footman wrote it and wants it no longer.
 */
export type Drift = 'missing' | 'outdated' | 'edited' | 'foreign' | 'orphaned'

export interface Difference {
  path: string
  drift: Drift
  /** What is there; undefined when nothing is. */
  before: string | undefined
  /** What should be there; undefined when nothing should. */
  after: string | undefined
  /** An orphan that was changed since footman wrote it. */
  isEdited: boolean
}

export interface Comparison {
  differences: readonly Difference[]
  manifest: Manifest | undefined
  /** Files of others that stand where an optional file of ours would. */
  left: readonly string[]
  /** Paths in the manifest that lead out of the library, and were ignored. */
  dropped: readonly string[]
}

export interface CompareOptions {
  /** Treat a manifest that cannot be read as if there were none. */
  ignoreDamage?: boolean
}

/**
 * Holds a library on the disk against the plan, without changing anything. Throws UserError when the manifest is damaged,
 * or when something stands in a place where no file of a library may be, such as a symbolic link.
 */
export function compareLibrary(root: string, plan: LibraryPlan, options: CompareOptions = {}): Comparison {
  const disk: Disk = { root, look: surveyFolder(root) }
  const { manifest, dropped } = readManifest(disk, options)
  const wanted = new Map(plan.files.map((file) => [file.path, file]))
  const paths = [...new Set([...wanted.keys(), ...ownPaths(manifest)])].toSorted(compare)
  const differences: Difference[] = []
  const left: string[] = []
  for (const path of paths) {
    const file = wanted.get(path)
    const before = readInside(disk, path)
    const drift = driftOf(file, before, manifest, path)
    if (drift === undefined) continue
    const isEdited = before !== undefined && !isOurs(manifest, path, before)
    if (drift === 'foreign' && file?.yields) left.push(path)
    else differences.push({ path, drift, before, after: file?.content, isEdited })
  }
  return { differences, manifest, left, dropped }
}

function driftOf(
  file: PlannedFile | undefined,
  before: string | undefined,
  manifest: Manifest | undefined,
  path: string,
): Drift | undefined {
  if (before === undefined) return file ? 'missing' : undefined
  if (!file) return 'orphaned'
  if (before === file.content) return undefined
  if (isOurs(manifest, path, before)) return 'outdated'
  return ownPaths(manifest).includes(path) ? 'edited' : 'foreign'
}

function ownPaths(manifest: Manifest | undefined): string[] {
  return manifest ? Object.keys({ ...manifest.files, ...manifest.pending }) : []
}

function isOurs(manifest: Manifest | undefined, path: string, content: string): boolean {
  const hash = hashOf(content)
  return manifest?.files[path] === hash || manifest?.pending[path] === hash
}

interface Disk {
  root: string
  look(path: string): Standing
}

function readInside({ root, look }: Disk, path: string): string | undefined {
  if (look(path) === 'nothing') return undefined
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch (error) {
    throw fileError('read', join(root, path), error)
  }
}

function readManifest(
  disk: Disk,
  { ignoreDamage = false }: CompareOptions,
): { manifest: Manifest | undefined; dropped: string[] } {
  const text = readInside(disk, manifestPath)
  if (text === undefined) return { manifest: undefined, dropped: [] }
  try {
    return parseManifest(text, join(disk.root, manifestPath))
  } catch (error) {
    if (ignoreDamage) return { manifest: undefined, dropped: [] }
    throw error
  }
}
