import { createRequire, Module } from 'node:module'
import type Dockerode from 'dockerode'

export type { Dockerode }

const require = createRequire(import.meta.url)

/**
 * What dockerode loads right away although footman never uses it: gRPC and protobuf for the sessions of `docker build`,
 * and an SSH client for engines elsewhere, which docker-host.ts refuses. They cost a daemon that idles 9 to 24 MB.
 */
const unused = [
  { module: './session', by: ['dockerode'] },
  { module: './ssh', by: ['dockerode', 'docker-modem'] },
]

/** dockerode with stand-ins for those modules; one of another shape is loaded whole. */
export function loadDockerode(): typeof Dockerode {
  for (const { module, by } of unused) {
    const path = locate(module, by)
    if (path !== undefined && !require.cache[path]) require.cache[path] = standIn(path)
  }
  return require('dockerode')
}

/** The file of a module that a package loads; undefined where there is no such package or module. */
function locate(module: string, by: readonly string[]): string | undefined {
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
  module.exports = () => {
    throw new Error(`${path} is left out here`)
  }
  return module
}
