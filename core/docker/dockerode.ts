import { createRequire, Module } from 'node:module'
import type Dockerode from 'dockerode'

export type { Dockerode }

const require = createRequire(import.meta.url)

/**
 * dockerode without BuildKit. For the sessions of `docker build`, which footman never opens, it loads gRPC and
 * protobuf right away, and they cost a daemon that idles 5 to 20 MB. A stand-in takes the place of that one module;
 * a dockerode of another shape is loaded whole.
 */
export function loadDockerode(): typeof Dockerode {
  const session = sessionModule()
  if (session !== undefined && !require.cache[session]) require.cache[session] = standIn(session)
  return require('dockerode')
}

function sessionModule(): string | undefined {
  try {
    return createRequire(require.resolve('dockerode')).resolve('./session')
  } catch {
    return undefined
  }
}

function standIn(path: string): NodeJS.Module {
  const module = new Module(path)
  module.filename = path
  module.loaded = true
  module.exports = () => {
    throw new Error('BuildKit sessions are left out of dockerode here')
  }
  return module
}
