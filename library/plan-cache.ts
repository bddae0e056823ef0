import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isMapping } from '../core/config/path.ts'
import { messageOf } from '../core/errors.ts'
import { packageVersion, shippedFile } from '../core/package.ts'
import { footmanPaths, privateFolder } from '../core/paths.ts'
import { temporaryBeside } from '../core/temporary.ts'
import { configFileName } from './config-file-name.ts'
import { foldersAbove } from './folders-above.ts'
import type { LoadedPlan, PlanContext } from './loaded-plan.ts'

/** Older plans than so many are removed. */
const mostPlans = 20

interface StoredPlan extends LoadedPlan {
  /** SHA-256 of everything in `madeOf` when the plan was made. */
  ingredients: string
}

/**
 * The plan that was stored for this configuration, or undefined when there is none, or when anything that it was made of
 * has changed: footman, a settings file, a template of the user, a variable. Never throws: without it there is only more to do.
 */
export async function readStoredPlan(context: PlanContext): Promise<LoadedPlan | undefined> {
  try {
    const path = await pathOf(context)
    if (path === undefined) return undefined
    const stored: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (!isStoredPlan(stored) || stored.ingredients !== ingredientsOf(stored.madeOf)) return undefined
    return stored
  } catch {
    return undefined
  }
}

/**
 * Stores a plan, whose making began at `startedAtMs`, for the next time, in the user's own cache folder. What was changed
 * since then may be in the plan or not: such a plan is not stored. Never throws.
 */
export async function storePlan(context: PlanContext, plan: LoadedPlan, startedAtMs: number): Promise<void> {
  try {
    const path = await pathOf(context)
    const isChanged = plan.madeOf.files.some((file) => statSync(file).mtimeMs > startedAtMs)
    if (path === undefined || isChanged) return
    const stored: StoredPlan = { ...plan, ingredients: ingredientsOf(plan.madeOf) }
    const temporary = temporaryBeside(path)
    writeFileSync(temporary, JSON.stringify(stored), { mode: 0o600 })
    await rename(temporary, path)
    removeOld(join(path, '..'))
  } catch (error) {
    context.log.debug(`the plan is not stored: ${messageOf(error)}`)
  }
}

/** One file for each configuration, version of footman and set of variables. Undefined where nothing may be kept. */
async function pathOf({ cwd, env, configPath }: PlanContext): Promise<string | undefined> {
  const config = configPath === undefined ? nearestConfig(cwd) : resolve(cwd, configPath)
  if (config === undefined || !(env.XDG_CACHE_HOME || env.HOME)) return undefined
  const variables = Object.entries(env)
    .filter(([name]) => name.startsWith('FOOTMAN_LIBRARY_'))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const key = JSON.stringify([config, packageVersion(), signatureOfFootman(), variables])
  const folder = await privateFolder(join(footmanPaths({ env }).cache, 'library'))
  return join(folder, `${createHash('sha256').update(key).digest('hex')}.json`)
}

function nearestConfig(cwd: string): string | undefined {
  return foldersAbove(cwd)
    .map((folder) => join(folder, configFileName))
    .find((path) => existsSync(path))
}

/** Changes with every change of footman itself, also while somebody works on it. */
function signatureOfFootman(): string {
  const folders = [import.meta.dirname, join(import.meta.dirname, '../core'), shippedFile('templates')]
  const entries = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name))
      return `${name} ${size} ${mtimeMs}`
    }),
  )
  return createHash('sha256').update(entries.join('\n')).digest('hex')
}

function ingredientsOf({ files, overrides }: LoadedPlan['madeOf']): string {
  const hash = createHash('sha256')
  for (const path of files) hash.update(`${path}\0`).update(readFileSync(path)).update('\0')
  if (overrides !== undefined) {
    hash.update(readdirSync(overrides, { recursive: true, encoding: 'utf8' }).toSorted().join('\0'))
  }
  return hash.digest('hex')
}

/** The folder is this user's alone: only what an older footman stored needs to be told from what this one does. */
function isStoredPlan(value: unknown): value is StoredPlan {
  return (
    isMapping(value) &&
    typeof value.root === 'string' &&
    isMapping(value.plan) &&
    Array.isArray(value.plan.files) &&
    isMapping(value.madeOf)
  )
}

function removeOld(folder: string): void {
  const plans = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ path: join(folder, name), at: statSync(join(folder, name)).mtimeMs }))
    .toSorted((a, b) => b.at - a.at)
  for (const { path } of plans.slice(mostPlans)) rmSync(path, { force: true })
}
