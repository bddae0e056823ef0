import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../../../core/atomic-write.ts'
import { messageOf } from '../../../core/errors.ts'
import type { Log } from '../../../core/log.ts'
import type { Build } from '../contract.ts'
import { renderNodeXml } from '../node-xml.ts'
import type { PracticeEvent, State } from '../state.ts'
import { element, renderXml } from '../xml.ts'

/** Keeps a home in step with a controller. */
export interface HomeWriter {
  /** To be told every event. */
  onEvent(event: PracticeEvent): void
  /** Resolves when all that happened is on the disk. */
  settled(): Promise<void>
}

/** Writes jobs, nodes and finished builds where Jenkins keeps them. What fails is a line in the log. */
export function createHomeWriter(home: string, state: () => State, log: Log): HomeWriter {
  let writing = Promise.resolve()
  return {
    onEvent: (event) => {
      writing = writing.then(() => write(home, state(), event)).catch((error) => log.error(messageOf(error)))
    },
    settled: () => writing,
  }
}

async function write(home: string, state: State, event: PracticeEvent): Promise<void> {
  if (event.kind === 'node') {
    const config = state.computers.get(event.node)?.config
    await writeOrRemove(join(home, 'nodes', event.node), config && renderNodeXml(config))
  }
  if (event.kind === 'job') await writeOrRemove(join(home, 'jobs', event.job), state.jobs.get(event.job)?.xml)
  if (event.kind === 'build' && event.change !== 'progress') await writeBuild(home, state, event)
}

async function writeOrRemove(folder: string, config: string | undefined): Promise<void> {
  if (config === undefined) return rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await writeFileAtomic(join(folder, 'config.xml'), config)
}

async function writeBuild(home: string, state: State, event: { job: string; number: number }): Promise<void> {
  const job = state.jobs.get(event.job)
  const build = job?.builds.find(({ number }) => number === event.number)
  if (!job || !build) return
  const folder = join(home, 'jobs', job.name, 'builds', String(build.number))
  await mkdir(folder, { recursive: true })
  await writeFileAtomic(join(home, 'jobs', job.name, 'nextBuildNumber'), `${job.nextBuild}\n`)
  await writeFileAtomic(join(folder, 'build.xml'), buildXml(build))
  await writeFileAtomic(join(folder, 'log'), build.console)
}

function buildXml(build: Build): string {
  return renderXml(
    element('build', [
      element('queueId', String(build.queueId)),
      element('startTime', String(build.startedAtMs)),
      ...(build.result ? [element('result', build.result)] : []),
      element('duration', String(build.durationMs)),
      ...(build.builtOn === undefined ? [] : [element('builtOn', build.builtOn)]),
    ]),
  )
}
