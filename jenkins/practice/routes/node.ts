import { createCipheriv, randomBytes } from 'node:crypto'
import { agentSecret, findComputer, isBuiltIn } from '../computers.ts'
import { exportComputer } from '../exported/computer.ts'
import { isInbound, jnlpArguments, type OfflineMark, parseNodeXml, renderNodeXml } from '../node-xml.ts'
import { disconnect, markOffline, removeNode, replaceNode } from '../nodes.ts'
import type { Permission } from '../permissions.ts'
import {
  accessDenied,
  api,
  containerError,
  empty,
  forbidden,
  found,
  foundHere,
  oops,
  page,
  postRequired,
  text,
} from '../replies.ts'
import type { Computer } from '../state.ts'
import { viewerOf } from '../viewing.ts'
import type { Call, Reply, Route, World } from '../world.ts'
import { escapeXml } from '../xml.ts'

/** `/computer/NAME/…`. jenkinsci/jenkins Computer.java, SlaveComputer.java. */
export const node: Route = (call, world, rest) => {
  const [name = '', verb = '', kind] = rest
  const computer = findComputer(world.state, name)
  if (!computer) return undefined
  if (verb === '') return page(call, world, { status: 200, title: `${name} - Jenkins` })
  if (verb === 'api') return api(call, world, exportComputer(computer, viewerOf(call, world)))
  if (verb === 'logText') return kind === 'progressiveText' ? log(call, world, computer) : undefined
  if (rest.length > 2) return undefined
  if (verb === 'config.xml') return config(call, world, computer)
  if (/^(jenkins|slave)-agent\.jnlp$/.test(verb)) return jnlp(call, world, computer)
  return posted[verb]?.(call, world, computer)
}

type NodeVerb = (call: Call, world: World, computer: Computer) => Reply

const posted: Record<string, NodeVerb> = {
  doDelete: post('hudson.model.Computer.Delete', (_, world, computer) => {
    if (isBuiltIn(computer)) return empty(400)
    removeNode(world.state, computer, world.clock.now())
    return found(world, '/computer/')
  }),
  toggleOffline: post(undefined, (call, world, computer) => {
    const isMarked = computer.config?.offlineMark !== undefined
    const needed = isMarked ? 'hudson.model.Computer.Connect' : 'hudson.model.Computer.Disconnect'
    const refused = forbidden(call, world, needed)
    if (refused) return refused
    markOffline(world.state, computer, isMarked ? undefined : markOf(call, world))
    return foundHere(call, world)
  }),
  changeOfflineCause: post('hudson.model.Computer.Disconnect', (call, world, computer) => {
    markOffline(world.state, computer, markOf(call, world))
    return foundHere(call, world)
  }),
  doDisconnect: post('hudson.model.Computer.Disconnect', (call, world, computer) => {
    disconnect(world.state, computer, markOf(call, world))
    return foundHere(call, world)
  }),
  submitDescription: post('hudson.model.Computer.Configure', (call, world, computer) => {
    const description = call.form.get('description') ?? ''
    if (computer.config) replaceNode(world.state, computer, { ...computer.config, description })
    return foundHere(call, world)
  }),
  launchSlaveAgent: post('hudson.model.Computer.Connect', (call, world, computer) => {
    world.launch(computer.name)
    if (computer.config && !isInbound(computer.config))
      return found(world, `/computer/${encodeURIComponent(computer.name)}/log`)
    return page(call, world, { status: 200, title: `${computer.name} - Jenkins` })
  }),
}

function post(permission: Permission | undefined, act: NodeVerb): NodeVerb {
  return (call, world, computer) => {
    if (call.method !== 'POST') return postRequired(call, world)
    return (permission && forbidden(call, world, permission)) ?? act(call, world, computer)
  }
}

function markOf(call: Call, world: World): OfflineMark {
  return { atMs: world.clock.now(), user: call.caller.name, message: call.form.get('offlineMessage') ?? '' }
}

function config(call: Call, world: World, computer: Computer): Reply | undefined {
  if (isBuiltIn(computer)) return empty(400)
  if (!computer.config) return undefined
  const refused = forbidden(call, world, 'hudson.model.Computer.Configure')
  if (refused) return refused
  if (call.method === 'GET' || call.method === 'HEAD')
    return text(renderNodeXml(computer.config), 'application/xml')
  if (call.method !== 'POST') return empty(400)
  // A servlet container reads such a body for parameters, and leaves nothing of it.
  const isForm = call.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
  const parsed = isForm ? 'unreadable' : parseNodeXml(call.body.toString(), computer.config.isSwarm)
  if (parsed === 'unreadable') return oops(call, world)
  if (parsed === 'other-type') return containerError(call, 400, 'Node types do not match')
  replaceNode(world.state, computer, parsed)
  return empty(200)
}

/** The inbound secret, and the arguments that an agent should start with. */
function jnlp(call: Call, world: World, computer: Computer): Reply | undefined {
  if (isBuiltIn(computer) || !computer.config) return undefined
  const secret = agentSecret(world.state, computer.name)
  const args = jnlpArguments(computer.config, secret, world.rootUrl)
  const inner = args.map((argument) => `<argument>${escapeXml(argument)}</argument>`).join('')
  const xml = `<jnlp><application-desc>${inner}</application-desc></jnlp>`
  if (call.query.get('encrypt') === 'true') return encrypted(xml, secret)
  const refused = forbidden(call, world, 'hudson.model.Computer.Connect')
  return refused ?? text(xml, 'application/x-java-jnlp-file')
}

/** jenkinsci/jenkins EncryptedSlaveAgentJnlpFile.java: 16 bytes of IV, then AES-128/CFB8 under the first half of the secret. */
function encrypted(xml: string, secret: string): Reply {
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-128-cfb8', Buffer.from(secret.slice(0, 32), 'hex'), iv)
  const body = Buffer.concat([iv, cipher.update(xml), cipher.final()])
  return { status: 200, headers: { 'Content-Type': 'application/octet-stream' }, body }
}

/**
 * X-More-Data is always true for node logs, and a start past the end gives the whole text. Offsets and X-Text-Size count
 * lines as they are kept, ending in \n; they are sent ending in \r\n.
 */
function log(call: Call, world: World, computer: Computer): Reply {
  const { caller } = call
  if (!caller.may('hudson.model.Computer.Connect') && !caller.may('hudson.model.Computer.Configure')) {
    const needed = 'one of Agent/Connect, Agent/Configure'
    return accessDenied(call, world, `${caller.name} is missing a permission, ${needed}`)
  }
  const whole = Buffer.from(computer.log)
  const start = Number(call.query.get('start') ?? 0)
  const body = (start > whole.length ? whole : whole.subarray(start)).toString().replaceAll('\n', '\r\n')
  const headers = { 'X-Text-Size': String(whole.length), 'X-More-Data': 'true' }
  return { status: 200, headers: { 'Content-Type': 'text/plain;charset=utf-8', ...headers }, body }
}
