import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, messageOf } from '../core/errors.ts'
import { errorCode } from '../core/file-error.ts'
import { shippedFile } from '../core/package.ts'
import type { TemplateSource } from './render.ts'

/**
 * The templates that ship with footman, under those of a folder of the user's own: a file there takes the place of the
 * one of that name. Throws ConfigError when the folder does not exist, or when one of its files would take no effect.
 */
export function loadTemplates(overrides?: string): TemplateSource & { overridden: readonly string[] } {
  const shipped = shippedFile('templates')
  const own = overrides === undefined ? [] : filesBelow(overrides)
  const useless = own.find((name) => !takesEffect(name, shipped))
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

/** Templates that one step may have for itself: `vars/withEatMyData.groovy.hbs` instead of `vars/step.groovy.hbs`. */
const perStep = /^(vars|help|docs|examples|test)\/[A-Za-z0-9]+[.][a-zA-Z.]+[.]hbs$/

function takesEffect(name: string, shipped: string): boolean {
  return perStep.test(name) || statSync(join(shipped, name), { throwIfNoEntry: false })?.isFile() === true
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
