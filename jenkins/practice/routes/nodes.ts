import { exportComputers } from '../exported/computer.ts'
import { nameProblem as badName } from '../good-name.ts'
import { nodeFromForm } from '../node-form.ts'
import { addNode } from '../nodes.ts'
import {
  api,
  containerError,
  failure,
  forbidden,
  found,
  foundHere,
  oops,
  page,
  postRequired,
} from '../replies.ts'
import { viewerOf } from '../viewing.ts'
import type { Call, Reply, Route, World } from '../world.ts'
import { node } from './node.ts'

/** `/computer/…` */
export const nodes: Route = (call, world, rest) => {
  const [first = '', ...below] = rest
  if (!isReadableByAll(call)) {
    const unreadable = forbidden(call, world, 'hudson.model.Hudson.Read')
    if (unreadable) return unreadable
  }
  if (first === '') return page(call, world, { status: 200, title: 'Nodes - Jenkins' })
  if (first === 'api') return api(call, world, exportComputers(viewerOf(call, world)))
  if (first === 'doCreateItem' && below.length === 0) return createByForm(call, world)
  if (first === 'createItem' && below.length === 0) return createByCopy(call, world)
  return node(call, world, rest)
}

/** Verifying a secret that one has already: encrypted with it, so nobody needs a right. */
function isReadableByAll(call: Call): boolean {
  return call.query.get('encrypt') === 'true' && /\/(jenkins|slave)-agent\.jnlp$/.test(call.path)
}

/** POST doCreateItem; a GET is not routed at all. jenkinsci/jenkins ComputerSet.java. */
function createByForm(call: Call, world: World): Reply | undefined {
  if (call.method !== 'POST') return undefined
  const refused = forbidden(call, world, 'hudson.model.Computer.Create')
  if (refused) return refused
  const name = (call.form.get('name') ?? '').trim()
  const problem = nameProblem(name, world)
  if (problem) return failure(call, world, problem)
  const json = call.form.get('json')
  if (json === null) return containerError(call, 400, 'This page expects a form submission')
  const type = call.form.get('type')?.replace(/\$DescriptorImpl$/, '')
  const config = type === 'hudson.slaves.DumbSlave' ? nodeFromForm(name, json) : undefined
  if (!config) return oops(call, world)
  addNode(world.state, config)
  return foundHere(call, world)
}

/** POST createItem: on 2.498 only `mode=copy` means something. */
function createByCopy(call: Call, world: World): Reply {
  if (call.method !== 'POST') return postRequired(call, world)
  const refused = forbidden(call, world, 'hudson.model.Computer.Create')
  if (refused) return refused
  if (call.form.get('mode') !== 'copy') return failure(call, world, 'No mode given')
  const name = (call.form.get('name') ?? '').trim()
  const from = call.form.get('from') ?? ''
  const problem = nameProblem(name, world)
  if (problem) return failure(call, world, problem)
  const original = world.state.computers.get(from)?.config
  if (!original) return failure(call, world, `No such agent: ${from}`)
  addNode(world.state, { ...original, name })
  return found(world, `/computer/${encodeURIComponent(name)}/configure`)
}

function nameProblem(name: string, world: World): string | undefined {
  if (name === '') return "Query parameter 'name' is required"
  const taken = world.state.computers.get(name)?.config !== undefined
  return badName(name) ?? (taken ? `Agent called ‘${name}’ already exists` : undefined)
}
