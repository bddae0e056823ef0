import { createRequire, Module } from 'node:module'

const require = createRequire(import.meta.url)

/** A module that a package loads right away although nothing here uses it. */
export interface UnusedModule {
  /** As it is loaded, e.g. `./session` or `form-data`. */
  module: string
  /** The package that loads it, at the end of the way from ours to it. */
  by: readonly string[]
}

/**
 * Puts stand-ins in the place of modules, before the package that loads them is loaded itself: an idle daemon need not carry
 * what nobody calls. Where a package has changed its shape nothing is left out, and all works as before.
 */
export function leaveOut(unused: readonly UnusedModule[]): void {
  for (const one of unused) {
    const path = locate(one)
    if (path !== undefined && !require.cache[path]) require.cache[path] = standIn(path)
  }
}

/** The module's file; undefined where there is no such package or module. */
function locate({ module, by }: UnusedModule): string | undefined {
  try {
    return [...by, module].reduce((from, name) => createRequire(from).resolve(name), import.meta.url)
  } catch {
    return undefined
  }
}

function standIn(path: string): NodeJS.Module {
  const module = new Module(path)
  module.filename = path
  module.loaded = true
  module.exports = function leftOut() {
    throw new Error(`${path} is left out here`)
  }
  return module
}
