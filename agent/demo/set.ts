import type { ContainerEngine } from '../../core/container-engine.ts'
import { connectDocker } from '../../core/docker.ts'
import { messageOf } from '../../core/errors.ts'
import { practiceImage } from '../../jenkins/practice/image.ts'
import { ProcessEngine } from './process-engine.ts'

/** Where the builds of the first act run. */
export interface DemoSet {
  engine: ContainerEngine
  /** An image that the engine has. */
  image: string
  /** Containers reach a controller on this machine's loopback only in its own network. */
  network: string | undefined
  /** In words for people. */
  note: string
  close(): Promise<void>
}

/** Containers where there is an engine that can have an image made of this machine's own Node.js; plain processes elsewhere. */
export async function buildSet(
  plain: boolean,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<DemoSet> {
  if (plain) return plainSet('as you asked')
  let engine: ContainerEngine
  try {
    engine = await connectDocker({ env, signal })
  } catch (error) {
    return plainSet(`no container engine answers: ${messageOf(error).split('\n')[0]}`)
  }
  const { name, version, rootless, dataRoot } = await engine.info(signal)
  // The practice controller listens on this machine's loopback, which only containers of this very machine can share.
  if (rootless || dataRoot === undefined)
    return plainSet(`${name} does not run in this machine's own network`)
  try {
    const reference = `footman/demo:${process.pid}`
    const image = await practiceImage(engine, reference, { signal })
    return {
      engine,
      image,
      network: 'host',
      note: `builds run in containers of ${name} ${version}, in an image made of this machine's own Node.js`,
      close: () => engine.removeImage(reference),
    }
  } catch (error) {
    signal.throwIfAborted()
    return plainSet(`no image can be made here: ${messageOf(error)}`)
  }
}

function plainSet(because: string): DemoSet {
  const engine = new ProcessEngine()
  const note = `builds run in plain processes without limits (${because})`
  return { engine, image: 'footman/demo', network: undefined, note, close: () => engine.close() }
}
