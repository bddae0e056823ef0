import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, messageOf } from '../core/errors.ts'
import { errorCode } from '../core/file-error.ts'
import { shippedFile } from '../core/package.ts'
import type { TemplateSource } from './render.ts'

/**
 * The templates that ship with footman, under those of a folder of the user's own: a file there takes the place of the
 * one of that name, or of the one that all steps share where it is named after one of `steps`.
 * Throws ConfigError when the folder does not exist, or when one of its files would take no effect.
 */
export function loadTemplates(
  overrides?: string,
  steps: readonly string[] = [],
): TemplateSource & { overridden: readonly string[] } {
  const shipped = shippedFile('templates')
  const own = overrides === undefined ? [] : filesBelow(overrides)
  const useless = own.find((name) => !takesEffect(name, shipped, steps))
  if (useless !== undefined) {
    throw new ConfigError(`${join(overrides ?? '', useless)} takes the place of no template`, {
      hint: `templates are found in ${shipped}; one step alone is changed by vars/NAME.groovy.hbs or docs/NAME.md.hbs`,
    })
  }
  const cache = new Map<string, string | undefined>()
  const pathOf = (name: string) => join(own.includes(name) ? (overrides ?? '') : shipped, name)
  return {
    overridden: own,
    origin: pathOf,
    text(name) {
      if (!cache.has(name)) cache.set(name, readTemplate(pathOf(name)))
      return cache.get(name)
    },
  }
}

/** A template of one step alone stands beside that of all: `vars/withEatMyData.groovy.hbs` beside `vars/step.groovy.hbs`. */
const perStep = /^(vars|help|docs|test)\/([A-Za-z0-9]+)([.][a-z]+[.]hbs)$/

function takesEffect(name: string, shipped: string, steps: readonly string[]): boolean {
  const [, kind, step, ending] = perStep.exec(name) ?? []
  const original = step !== undefined && steps.includes(step) ? `${kind}/step${ending}` : name
  return statSync(join(shipped, original), { throwIfNoEntry: false })?.isFile() === true
}

function readTemplate(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').replaceAll('\r\n', '\n')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw new ConfigError(`cannot read ${path}: ${messageOf(error)}`, { cause: error })
  }
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .toSorted()
  } catch (error) {
    throw new ConfigError(`overrides: cannot read the folder ${folder}: ${messageOf(error)}`, {
      hint: `mkdir ${folder}, or take overrides out of the configuration`,
      cause: error,
    })
  }
}
