import { renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeFileAtomic } from '../core/atomic-write.ts'
import { UserError } from '../core/errors.ts'
import { fileError } from '../core/file-error.ts'
import { temporaryBeside } from '../core/temporary.ts'
import type { Comparison, Difference } from './compare.ts'
import type { LibraryPlan } from './engine.ts'
import { formatManifest, hashOf, type Manifest, manifestPath } from './manifest.ts'
import { folderMaker, surveyFolder } from './safe-path.ts'

export interface WriteRequest {
  root: string
  plan: LibraryPlan
  comparison: Comparison
  /** Of footman. */
  version: string
  /** Overwrite and remove what somebody changed, too. */
  force: boolean
  signal: AbortSignal
}

/**
 * Makes the library on the disk what the plan says. Every file is replaced as a whole; what is right already is not
 * touched. A killed run leaves a mixture that the next run recognises as its own and finishes.
 * Throws UserError, before anything is written, when that would destroy somebody's changes and `force` is not given.
 */
export async function writeLibrary(request: WriteRequest): Promise<void> {
  const { root, comparison, force } = request
  if (!force) refuseEdited(comparison.differences)
  const manifest = finalManifest(request)
  const isFinal = comparison.manifest && formatManifest(comparison.manifest) === formatManifest(manifest)
  if (comparison.differences.length === 0 && isFinal) return
  const place = { root, look: surveyFolder(root), makeFolders: folderMaker(root) }
  if (comparison.differences.length > 0) put(place, manifestPath, formatManifest(underWay(request)))
  for (const { path, after } of comparison.differences) {
    request.signal.throwIfAborted()
    if (after === undefined) remove(place, path)
    else put(place, path, after)
  }
  place.makeFolders(manifestPath)
  await writeFileAtomic(join(root, manifestPath), formatManifest(manifest))
}

/** A library on the disk, and how to find one's way in it. */
interface Place {
  root: string
  look(path: string): void
  makeFolders(path: string): void
}

function refuseEdited(differences: readonly Difference[]): void {
  const edited = differences.filter(({ isEdited }) => isEdited)
  if (edited.length === 0) return
  const lines = edited.map(
    ({ path, drift }) => `  ${path}${drift === 'foreign' ? ' (not written by footman)' : ''}`,
  )
  throw new UserError(`these files were changed by somebody, and would be lost:\n${lines.join('\n')}`, {
    hint: 'footman library diff shows the changes; move them to a template of your own (overrides), or give --force',
  })
}

/** Without waiting for the disk: what a power cut takes, the next run makes again. */
function put({ root, look, makeFolders }: Place, path: string, content: string): void {
  look(path)
  makeFolders(path)
  const target = join(root, path)
  const temporary = temporaryBeside(target)
  try {
    writeFileSync(temporary, content, { flag: 'wx' })
    renameSync(temporary, target)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw fileError('write', target, error)
  }
}

function remove({ root, look }: Place, path: string): void {
  look(path)
  try {
    rmSync(join(root, path), { force: true })
  } catch (error) {
    throw fileError('remove', join(root, path), error)
  }
  try {
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) rmdirSync(join(root, folder))
  } catch {
    // A folder that holds something else stays.
  }
}

function finalManifest({ plan, comparison, version }: WriteRequest): Manifest {
  const files = plan.files.filter(({ path }) => !comparison.left.includes(path))
  return {
    version,
    config: plan.configHash,
    files: Object.fromEntries(files.map(({ path, content }) => [path, hashOf(content)])),
    pending: {},
  }
}

/** While files are being replaced, the old content and the new are both ours. */
function underWay(request: WriteRequest): Manifest {
  const final = finalManifest(request)
  const before = request.comparison.manifest
  return { ...final, files: { ...before?.pending, ...before?.files }, pending: final.files }
}
