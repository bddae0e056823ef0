import type { Build } from '../contract.ts'
import { exportBuild } from '../exported/build.ts'
import { exportJob } from '../exported/job.ts'
import { nameProblem } from '../good-name.ts'
import { parseJobXml } from '../job-xml.ts'
import type { Permission } from '../permissions.ts'
import {
  accessDenied,
  api,
  empty,
  failure,
  forbidden,
  found,
  foundHere,
  oops,
  page,
  postRequired,
  text,
} from '../replies.ts'
import type { Job } from '../state.ts'
import { viewerOf } from '../viewing.ts'
import type { Call, Reply, Route, World } from '../world.ts'

/** POST `/createItem?name=` with a job's XML. */
export const createJob: Route = (call, world) => {
  const refused =
    forbidden(call, world, 'hudson.model.Hudson.Read') ??
    (call.method === 'POST' ? forbidden(call, world, 'hudson.model.Item.Create') : postRequired(call, world))
  if (refused) return refused
  const name = call.query.get('name')?.trim()
  if (!name) return failure(call, world, "Query parameter 'name' is required")
  const problem = nameProblem(name)
  if (problem) return failure(call, world, problem)
  if (world.state.jobs.has(name)) return failure(call, world, `A job already exists with the name ‘${name}’`)
  const xml = call.body.toString()
  const parsed = parseJobXml(xml)
  if (!parsed) return oops(call, world)
  world.state.jobs.set(name, { name, xml, ...parsed, nextBuild: 1, builds: [] })
  world.state.emit({ kind: 'job', job: name })
  return empty(200)
}

/** `/job/NAME/…`. jenkinsci/jenkins Job.java, ParameterizedJobMixIn.java. */
export const job: Route = (call, world, rest) => {
  const unreadable = forbidden(call, world, 'hudson.model.Hudson.Read')
  if (unreadable) return unreadable
  const [name = '', verb = '', ...below] = rest
  const known = world.state.jobs.get(name)
  if (!known) return undefined
  if (!call.caller.may('hudson.model.Item.Read'))
    return call.caller.may('hudson.model.Item.Discover')
      ? accessDenied(call, world, `Please login to access job ${name}`)
      : undefined
  if (verb === '') return page(call, world, { status: 200, title: `${name} - Jenkins` })
  if (verb === 'api') return api(call, world, exportJob(known, viewerOf(call, world)))
  if (verb === 'build' && below.length === 0) return startBuild(call, world, known)
  if (verb === 'doDelete') return deleteJob(call, world, known)
  if (verb === 'config.xml') return configureJob(call, world, known)
  const build = findBuild(known, verb)
  return build && oneBuild(call, world, { job: known, build, below })
}

/** POST build: 201, and where the queue item is. `delay=0sec` skips the quiet period. */
function startBuild(call: Call, world: World, known: Job): Reply {
  if (call.method !== 'POST') {
    const refusal = { status: 405, title: 'Form post required - Jenkins', headers: { Allow: 'POST' } }
    return page(call, world, refusal)
  }
  const refused = forbidden(call, world, 'hudson.model.Item.Build')
  if (refused) return refused
  const delay = /^(\d+)(?:sec)?$/.exec(call.form.get('delay') ?? '')?.[1]
  const delayMs = delay === undefined ? world.quietPeriodMs : Number(delay) * 1000
  const item = world.scheduler.schedule(known, { user: call.caller.name, delayMs })
  return { status: 201, headers: { Location: `${world.rootUrl}queue/item/${item.id}/` }, body: '' }
}

function deleteJob(call: Call, world: World, known: Job): Reply {
  const refused = needs(call, world, 'hudson.model.Item.Delete')
  if (refused) return refused
  for (const build of known.builds) {
    if (build.building) world.runner.stop(build, call.caller.name)
  }
  for (const item of world.state.queue.values()) {
    if (item.task.kind === 'job' && item.task.job === known) world.scheduler.cancel(item)
  }
  world.state.jobs.delete(known.name)
  world.state.emit({ kind: 'job', job: known.name })
  return found(world, '/')
}

function configureJob(call: Call, world: World, known: Job): Reply {
  const refused = forbidden(call, world, 'hudson.model.Item.Configure')
  if (refused) return refused
  if (call.method !== 'POST') return text(known.xml, 'application/xml')
  const xml = call.body.toString()
  const parsed = parseJobXml(xml)
  if (!parsed) return oops(call, world)
  Object.assign(known, { xml, ...parsed })
  world.state.emit({ kind: 'job', job: known.name })
  return empty(200)
}

/** A build by its number or by a permalink such as lastBuild. */
function findBuild(known: Job, name: string): Build | undefined {
  if (/^\d+$/.test(name)) return known.builds.find((build) => build.number === Number(name))
  const permalinks: Record<string, (build: Build) => boolean> = {
    lastBuild: () => true,
    lastCompletedBuild: (build) => !build.building,
    lastSuccessfulBuild: (build) => build.result === 'SUCCESS',
    lastFailedBuild: (build) => build.result === 'FAILURE',
  }
  const wanted = permalinks[name]
  return wanted && known.builds.findLast(wanted)
}

function oneBuild(
  call: Call,
  world: World,
  target: { job: Job; build: Build; below: string[] },
): Reply | undefined {
  const { build, below } = target
  const [verb = '', kind] = below
  if (verb === '') return page(call, world, { status: 200, title: `${build.job} #${build.number} - Jenkins` })
  if (verb === 'api') return api(call, world, exportBuild(target.job, build, viewerOf(call, world)))
  if (verb === 'consoleText') return text(build.console)
  if (verb === 'logText' && kind === 'progressiveText') return progressiveConsole(call, build)
  if (verb !== 'stop') return undefined
  const refused = needs(call, world, 'hudson.model.Item.Cancel')
  if (refused) return refused
  if (build.building) world.runner.stop(build, call.caller.name)
  return foundHere(call, world)
}

function progressiveConsole(call: Call, build: Build): Reply {
  const whole = Buffer.from(build.console)
  const start = Number(call.query.get('start') ?? 0)
  const body = start > whole.length ? whole : whole.subarray(start)
  const more: Record<string, string> = build.building ? { 'X-More-Data': 'true' } : {}
  const type = { 'Content-Type': 'text/plain;charset=utf-8' }
  return { status: 200, headers: { ...type, 'X-Text-Size': String(whole.length), ...more }, body }
}

function needs(call: Call, world: World, permission: Permission): Reply | undefined {
  return call.method === 'POST' ? forbidden(call, world, permission) : postRequired(call, world)
}
