import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The path of a file that ships with footman, e.g. `agent/agent.example.yaml`: the same in a checkout, where this
 * module is core/package.ts, and in the package, where it is dist/core/package.js.
 */
export function shippedFile(name: string): string {
  return join(packageRoot(), name)
}

/** The version in package.json. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(shippedFile('package.json'), 'utf8'))
  return String(version)
}

function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) throw new Error('footman is installed without its package.json')
    folder = dirname(folder)
  }
  return folder
}
