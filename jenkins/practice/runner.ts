import { messageOf } from '../../core/errors.ts'
import { type BuildRun, defaultTiming, type Mishap, type RunTiming, say } from './builds/build-run.ts'
import { runFreestyle } from './builds/freestyle.ts'
import { runPipeline } from './builds/pipeline.ts'
import { failure } from './builds/scope.ts'
import { createWorkspaces } from './builds/workspaces.ts'
import type { Build, Lease, Runner, RunnerHost } from './contract.ts'

/** Runs builds over the agents' links for one boot of the practice controller. Times may be shortened, for tests. */
export function createRunner(host: RunnerHost, timing: Partial<RunTiming> = {}): Runner {
  const suspension = new AbortController()
  const workspaces = createWorkspaces()
  const stops = new Map<Build, AbortController>()

  const begin = (build: Build, work: (run: BuildRun) => Promise<Mishap | undefined>) => {
    const stop = new AbortController()
    stops.set(build, stop)
    const run: BuildRun = {
      host,
      build,
      workspaces,
      timing: { ...defaultTiming, ...timing },
      stop: stop.signal,
      suspended: suspension.signal,
    }
    const finish = (mishap: Mishap | undefined) => {
      if (suspension.signal.aborted) return
      stops.delete(build)
      const result = mishap?.result ?? 'SUCCESS'
      say(run, `Finished: ${result}`)
      host.finish(build, result)
    }
    work(run).then(finish, (error) => {
      host.log.error(`The practice controller failed at ${build.job} #${build.number}: ${messageOf(error)}`)
      finish({ result: 'FAILURE', text: '' })
    })
  }

  return {
    start: (build, lease) => begin(build, (run) => startBuild(run, lease)),
    resume: (build) =>
      begin(build, async (run) => {
        if (build.definition.kind === 'pipeline') return runPipeline(run, build.definition.steps, 'resume')
        return { result: 'FAILURE', text: '' } // freestyle builds do not live through a restart
      }),
    stop: (build, user) => {
      const controller = stops.get(build)
      if (!controller || controller.signal.aborted) return
      const text = `Aborted by ${user}`
      const isPipeline = build.definition.kind === 'pipeline'
      if (isPipeline) host.print(build, `${text}\n`)
      controller.abort({ result: 'ABORTED', text: isPipeline ? '' : text } satisfies Mishap)
    },
    suspend: () => {
      suspension.abort()
      stops.clear()
    },
  }
}

async function startBuild(run: BuildRun, lease: Lease | undefined): Promise<Mishap | undefined> {
  const { definition } = run.build
  if (definition.kind === 'pipeline') {
    if (definition.problem === undefined) return runPipeline(run, definition.steps, 'start')
    say(run, `Started by user ${run.build.user}`, '[Pipeline] End of Pipeline', definition.problem)
    return { result: 'FAILURE', text: '' }
  }
  if (!lease) return failure('no executor')
  try {
    const mishap = await runFreestyle(run, lease, definition.scripts)
    if (mishap?.text) say(run, mishap.text)
    return mishap
  } finally {
    lease.release()
  }
}
