import { agentSecret } from '../computers.ts'
import { nameProblem } from '../good-name.ts'
import type { NodeConfig } from '../node-xml.ts'
import { isMode } from '../node-xml.ts'
import { addNode, markOffline, replaceNode } from '../nodes.ts'
import { containerError, failure, forbidden, oops, text } from '../replies.ts'
import type { Computer } from '../state.ts'
import { swarmConfig } from '../swarm-node.ts'
import type { Call, Reply, Route, World } from '../world.ts'

/** `/plugin/swarm/…`: the Swarm plugin's own registration, version 3.51. jenkinsci/swarm-plugin PluginImpl.java. */
export const plugins: Route = (call, world, rest) => {
  const [plugin, verb, ...more] = rest
  if (plugin !== 'swarm' || world.swarmPlugin === 'missing' || more.length > 0) return undefined
  if (verb === undefined) return containerError(call, 400, 'Bad Request')
  const unreadable = forbidden(call, world, 'hudson.model.Hudson.Read')
  if (unreadable) return unreadable
  if (verb === 'getSlaveLabels') return named(call, world, (computer) => labelsReply(computer))
  if (call.method !== 'POST') return undefined
  if (verb === 'createSlave') return create(call, world)
  if (verb === 'addSlaveLabels')
    return named(call, world, (computer) => change(call, world, { computer, edit: added }))
  if (verb === 'removeSlaveLabels')
    return named(call, world, (computer) => change(call, world, { computer, edit: removed }))
  return undefined
}

/** The client's jar is none here. */
const clientBytes = 2_009_722

export const swarmDownloads: Route = (_call, world, rest) => {
  if (rest.join('/') !== 'swarm-client.jar' || world.swarmPlugin === 'missing') return undefined
  const headers = { 'Content-Type': 'application/java-archive', 'Last-Modified': new Date(0).toUTCString() }
  return { status: 200, headers, body: Buffer.alloc(clientBytes) }
}

function create(call: Call, world: World): Reply {
  const refused =
    forbidden(call, world, 'hudson.model.Computer.Create') ??
    forbidden(call, world, 'hudson.model.Computer.Connect')
  if (refused) return refused
  const { form } = call
  const hash = form.get('hash')
  const given = form.get('name') ?? ''
  const mode = form.get('mode') ?? ''
  // Which tools there are is the controller's to say, and here are none.
  if (form.has('toolLocation') || !isMode(mode)) return oops(call, world)
  const name = hash ? `${given}-${hash}` : given
  const present = world.state.computers.get(name)
  const mayReplace = form.get('deleteExistingClients') === 'true'
  const isConflict = hash ? present?.link !== undefined : present?.config !== undefined
  if (isConflict && !mayReplace) return pluginText(409, `Agent "${name}" already exists.\n`)
  const problem = given === '' ? 'No name is specified' : nameProblem(name)
  if (problem) return failure(call, world, problem)
  const config = swarmConfig({ name, mode, form })
  if (present?.config) replaceNode(world.state, present, config)
  else addNode(world.state, config)
  if (present) markOffline(world.state, present, undefined)
  return pluginProperties({
    name,
    ...(world.swarmPlugin === 'current' && { secret: agentSecret(world.state, name) }),
  })
}

function named(call: Call, world: World, act: (computer: Computer & { config: NodeConfig }) => Reply): Reply {
  const name = call.form.get('name')
  const computer = world.state.computers.get(name ?? '')
  if (!hasConfig(computer)) return pluginText(404, `Agent "${name}" does not exist.\n`)
  return act(computer)
}

type Edit = (have: string[], given: string[]) => string[]

const added: Edit = (have, given) => [...have, ...given.filter((label) => !have.includes(label))]
const removed: Edit = (have, given) => have.filter((label) => !given.includes(label))

function change(
  call: Call,
  world: World,
  { computer, edit }: { computer: Computer & { config: NodeConfig }; edit: Edit },
): Reply {
  const refused = forbidden(call, world, 'hudson.model.Computer.Configure')
  if (refused) return refused
  const labels = call.form.get('labels')
  if (labels === null) return oops(call, world)
  const label = edit(words(computer.config.label), words(labels)).join(' ')
  replaceNode(world.state, computer, { ...computer.config, label })
  return labelsReply(computer)
}

function hasConfig(computer: Computer | undefined): computer is Computer & { config: NodeConfig } {
  return computer?.config !== undefined
}

/** Labels are not escaped (recorded). */
function labelsReply({ config }: Computer): Reply {
  return text(
    `<labelResponse><labels>${config?.label ?? ''}</labels></labelResponse>`,
    'text/xml;charset=utf-8',
  )
}

function words(label: string): string[] {
  return label.split(/\s+/).filter((word) => word !== '')
}

/** The malformed type is the plugin's own (recorded). */
function pluginText(status: number, body: string): Reply {
  return { status, headers: { 'Content-Type': 'text/plain; UTF-8;charset=iso-8859-1' }, body }
}

function pluginProperties(values: Record<string, string>): Reply {
  const lines = Object.entries(values).map(([key, value]) => `${key}=${value}`)
  return text(`#\n#${javaDate(new Date())}\n${lines.join('\n')}\n`, 'text/plain;charset=iso-8859-1')
}

/** As java.util.Date prints it: `Mon Nov 23 05:09:45 UTC 2026`. */
function javaDate(date: Date): string {
  const [day = '', number = '', month = '', year = '', time = ''] = date
    .toUTCString()
    .replace(',', '')
    .split(' ')
  return `${day} ${month} ${number} ${time} UTC ${year}`
}
