import { defineCommand } from '../../core/command.ts'
import type { ContainerEngine } from '../../core/container-engine.ts'
import { connectDocker } from '../../core/docker.ts'
import { messageOf } from '../../core/errors.ts'
import { formatDuration } from '../../core/units.ts'
import { practiceImage } from '../../jenkins/practice/image.ts'
import { actOne, type Stagehand } from './act-one.ts'
import { ProcessEngine } from './process-engine.ts'

export const command = defineCommand({
  options: { plain: { summary: 'use plain processes even where Docker is there' } },
  examples: [
    {
      line: 'footman demo',
      explains: 'the whole story on this machine: no Jenkins, no network, no Docker needed',
    },
  ],
  async run({ out, env, signal }, { plain }) {
    const startedAtMs = Date.now()
    const say = (line: string) => out.write(`${line}\n`)
    say('Act one: this machine serves a Jenkins queue')
    const { close, ...stage } = await setStage(plain, env, signal)
    say(stage.note)
    try {
      await actOne({ ...stage, say, signal })
    } finally {
      await close()
    }
    say('')
    say('Act two, a library generated and one of its steps run, is coming.')
    say('Act three, an upgrade that undoes itself, is coming.')
    say(`The demonstration took ${formatDuration(Date.now() - startedAtMs)} and left nothing behind.`)
  },
})

interface Stage extends Pick<Stagehand, 'engine' | 'image' | 'network'> {
  note: string
  close(): Promise<void>
}

/** Containers where there is an engine that can have an image made of this machine's own Node.js; plain processes elsewhere. */
async function setStage(plain: boolean, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Stage> {
  if (plain) return plainStage('as you asked')
  let engine: ContainerEngine
  try {
    engine = await connectDocker({ env, signal })
  } catch (error) {
    return plainStage(`no container engine answers: ${messageOf(error).split('\n')[0]}`)
  }
  const { name, version, rootless, dataRoot } = await engine.info(signal)
  // The practice controller listens on this machine's loopback, which only containers of this very machine can share.
  if (rootless || dataRoot === undefined)
    return plainStage(`${name} does not run in this machine's own network`)
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
    return plainStage(`no image can be made here: ${messageOf(error)}`)
  }
}

function plainStage(because: string): Stage {
  const engine = new ProcessEngine()
  const note = `builds run in plain processes without limits (${because})`
  return { engine, image: 'footman/demo', network: undefined, note, close: () => engine.close() }
}
