import type { z } from 'zod'
import type { Plugin } from './health/health.ts'
import type { JenkinsHttp } from './http.ts'
import type { Jenkins, RunningBuild } from './jenkins.ts'
import { jobsAnswer, jobTree, pluginsAnswer, pluginTree, runningAnswer, runningTree } from './schema.ts'

/** What an upgrade compares before and after, and waits for. */
export function vitalCalls(http: JenkinsHttp): Pick<Jenkins, 'plugins' | 'jobCount' | 'runningBuilds'> {
  return {
    plugins: (signal) => readPlugins(http, signal),
    jobCount: (signal) => countJobs(http, signal),
    runningBuilds: (signal) => readRunning(http, signal),
  }
}

async function readPlugins(http: JenkinsHttp, signal?: AbortSignal): Promise<Plugin[]> {
  const { plugins } = await http.json(pluginsAnswer, {
    doing: 'read the plugins of Jenkins',
    path: 'pluginManager/api/json',
    query: { tree: pluginTree },
    signal,
  })
  return plugins
}

async function countJobs(http: JenkinsHttp, signal?: AbortSignal): Promise<number> {
  const { jobs } = await http.json(jobsAnswer, {
    doing: 'count the jobs of Jenkins',
    path: 'api/json',
    query: { tree: jobTree },
    signal,
  })
  return countAll(jobs)
}

function countAll(jobs: z.output<typeof jobsAnswer>['jobs']): number {
  let count = jobs.length
  for (const { _class, jobs: inside } of jobs) if (!makesItsJobs(_class)) count += countAll(inside)
  return count
}

/** What stands in these comes and goes with branches and repositories. */
function makesItsJobs(kind: string): boolean {
  return /MultiBranchProject|OrganizationFolder/.test(kind)
}

async function readRunning(http: JenkinsHttp, signal?: AbortSignal): Promise<RunningBuild[]> {
  const { computer } = await http.json(runningAnswer, {
    doing: 'see what Jenkins is building',
    path: 'computer/api/json',
    query: { tree: runningTree },
    signal,
  })
  const busy = computer
    .flatMap(({ executors, oneOffExecutors }) => [...executors, ...oneOffExecutors])
    .filter(({ idle }) => !idle)
    .map(({ currentExecutable }) => ({
      url: currentExecutable?.url,
      // org.jenkinsci.plugins.workflow.job.WorkflowRun, and the PlaceholderExecutable of its node blocks.
      resumable: /\.plugins\.workflow\./.test(currentExecutable?._class ?? ''),
    }))
  return busy.filter(
    ({ url }, at) => url === undefined || busy.findIndex((other) => other.url === url) === at,
  )
}
