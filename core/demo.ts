import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineCommand } from './command.ts'
import { formatDuration } from './units.ts'

/** What an act finds on the stage. */
export interface DemoStage {
  /** Says one line to the audience. */
  say(line: string): void
  env: NodeJS.ProcessEnv
  /** An empty folder of this act's own; removed afterwards. */
  folder: string
  /** Use nothing but Node.js, whatever else is there. */
  plain: boolean
  signal: AbortSignal
}

export type Act = (stage: DemoStage) => Promise<void>

/** An act of the demonstration, one for each trade. */
export interface ActEntry {
  title: string
  /** Undefined while the trade is not there yet. */
  load: (() => Promise<Act>) | undefined
}

const ordinals = ['one', 'two', 'three']

/** The command that plays all acts in their order. */
export function demoCommand(acts: readonly ActEntry[]) {
  return defineCommand({
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
      for (const [index, { title, load }] of acts.entries()) {
        say(`Act ${ordinals[index]}: ${title}${load ? '' : ' (to come)'}`)
        if (load) await play(await load(), { say, env, plain, signal })
        say('')
      }
      say(`The demonstration took ${formatDuration(Date.now() - startedAtMs)} and left nothing behind.`)
    },
  })
}

async function play(act: Act, stage: Omit<DemoStage, 'folder'>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'footman-demo-'))
  try {
    await act({ ...stage, folder })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
