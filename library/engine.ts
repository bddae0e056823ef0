import { createHash } from 'node:crypto'
import { ConfigError } from '../core/errors.ts'
import { commonFiles } from './common-files.ts'
import type { LibraryConfig } from './config.ts'
import type { Desk, PlannedFile, PlanRequest } from './desk.ts'
import { headerOf } from './header.ts'
import { compare, withSortedKeys } from './order.ts'
import { createRenderer } from './render.ts'
import { type ResolvedStep, resolveSteps } from './resolve.ts'
import { stepFiles } from './step-files.ts'

export interface LibraryPlan {
  files: readonly PlannedFile[]
  /** Changes with everything that the configuration says. */
  configHash: string
}

/**
 * Everything that a library consists of, in the order of the paths: the same request gives the same bytes, on every
 * machine, in whatever order the configuration was written. Throws ConfigError when the configuration asks for what
 * cannot be.
 */
export function planLibrary(request: PlanRequest): LibraryPlan {
  const { config, templates, version } = request
  const resolved = resolveSteps(request.steps, config)
  const desk: Desk = {
    ...request,
    resolved,
    render: createRenderer(templates),
    folder: config.package.replaceAll('.', '/'),
    rename: renamer(resolved),
    header: (about) => headerOf(version, about),
    copy: (name) => templates.text(name) ?? missing(name),
  }
  const files = [...resolved.flatMap((step) => stepFiles(step, desk)), ...commonFiles(desk)]
  return {
    files: files.toSorted((a, b) => compare(a.path, b.path)),
    configHash: hashOfConfig(config),
  }
}

/** Puts the library's names of steps in place of footman's, as whole words. */
function renamer(resolved: readonly ResolvedStep[]): (text: string) => string {
  const names = new Map(resolved.map(({ origin, definition }) => [origin, definition.name]))
  return (text) => text.replace(/[A-Za-z_]\w*/g, (word) => names.get(word) ?? word)
}

/** The same for the same settings, however they are arranged. */
function hashOfConfig(config: LibraryConfig): string {
  const { extends: _, ...settings } = config
  const arranged = {
    ...settings,
    steps: config.steps.toSorted(compare),
    exclude: config.exclude.toSorted(compare),
  }
  return createHash('sha256')
    .update(JSON.stringify(withSortedKeys(arranged)))
    .digest('hex')
}

function missing(name: string): never {
  throw new ConfigError(`there is no template ${name}`)
}
