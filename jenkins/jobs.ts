import { RemoteError } from '../core/errors.ts'
import { type Ask, destination, textOf } from './exchange.ts'
import type { JenkinsHttp } from './http.ts'
import type { BuildState, Jenkins } from './jenkins.ts'
import { buildAnswer, buildTree } from './schema.ts'

type JobCalls = 'createJob' | 'deleteJob' | 'build' | 'buildState' | 'buildLog' | 'stopBuild'

/** Jobs and their builds. A job in a folder is named with slashes: `team/app`. */
export function jobCalls(http: JenkinsHttp): Pick<Jenkins, JobCalls> {
  return {
    createJob: (name, xml, signal) => createJob(http, name, { xml, signal }),
    deleteJob: (name, signal) => deleteJob(http, name, signal),
    build: (job, signal) => startBuild(http, job, signal),
    buildState: (job, number, signal) => readBuild(http, { job, number }, signal),
    buildLog: (job, number, signal) => readBuildLog(http, { job, number }, signal),
    stopBuild: (job, number, signal) => stopBuild(http, { job, number }, signal),
  }
}

/** `job/team/job/app` for `team/app`. */
function jobPath(name: string): string {
  return name
    .split('/')
    .map((part) => `job/${encodeURIComponent(part)}`)
    .join('/')
}

async function createJob(
  http: JenkinsHttp,
  name: string,
  { xml, signal }: { xml: string; signal: AbortSignal | undefined },
): Promise<void> {
  const slash = name.lastIndexOf('/')
  await http.ask({
    doing: `create job ${name}`,
    method: 'POST',
    path: slash < 0 ? 'createItem' : `${jobPath(name.slice(0, slash))}/createItem`,
    query: { name: name.slice(slash + 1) },
    xml,
    signal,
  })
}

/** Gone already is fine. */
async function deleteJob(http: JenkinsHttp, name: string, signal?: AbortSignal): Promise<void> {
  await http.ask({
    doing: `delete job ${name}`,
    method: 'POST',
    path: `${jobPath(name)}/doDelete`,
    expect: [302, 404],
    landsOn: /^(job\/|view\/|$)/,
    signal,
  })
}

async function startBuild(http: JenkinsHttp, job: string, signal?: AbortSignal): Promise<number> {
  const ask: Ask = {
    doing: `build job ${job}`,
    method: 'POST',
    path: `${jobPath(job)}/build`,
    query: { delay: '0sec' },
    expect: [201],
    signal,
  }
  const answer = await http.ask(ask)
  const id = /\/queue\/item\/(\d+)/.exec(destination(ask, answer, http.root)?.pathname ?? '')?.[1]
  if (id !== undefined) return Number(id)
  throw new RemoteError('broken', `Cannot ${ask.doing}: Jenkins does not name the queue item`, {
    hint: 'a proxy may remove the Location header',
  })
}

interface Build {
  job: string
  number: number
}

async function readBuild(http: JenkinsHttp, build: Build, signal?: AbortSignal): Promise<BuildState> {
  const state = await http.json(buildAnswer, {
    doing: `read ${build.job} #${build.number}`,
    path: `${buildPath(build)}/api/json`,
    query: { tree: buildTree },
    signal,
  })
  return {
    number: build.number,
    building: state.building,
    result: state.result,
    durationMs: state.duration,
    // The built-in node is the empty text.
    builtOn: state.builtOn === '' ? 'built-in' : (state.builtOn ?? undefined),
  }
}

async function readBuildLog(http: JenkinsHttp, build: Build, signal?: AbortSignal): Promise<string> {
  const answer = await http.ask({
    doing: `read the log of ${build.job} #${build.number}`,
    path: `${buildPath(build)}/consoleText`,
    maxBytes: 64 * 2 ** 20,
    signal,
  })
  return textOf(answer)
}

/** A build that has ended is fine. */
async function stopBuild(http: JenkinsHttp, build: Build, signal?: AbortSignal): Promise<void> {
  await http.ask({
    doing: `stop ${build.job} #${build.number}`,
    method: 'POST',
    path: `${buildPath(build)}/stop`,
    expect: [302],
    landsOn: /^job\//,
    signal,
  })
}

function buildPath({ job, number }: Build): string {
  return `${jobPath(job)}/${number}`
}
