import { expect, test } from 'vitest'
import type { NodeSpec } from '../../jenkins/jenkins.ts'
import { serveHttp } from '../support/local-server.ts'
import { replayed } from '../support/replay-server.ts'

const linux: NodeSpec = {
  name: 'ws1',
  description: 'made by the recorder',
  labels: ['linux', '4CPU8G', 'two words'],
  remoteFs: '/home/jenkins/agent',
  executors: 1,
  mode: 'exclusive',
  webSocket: true,
  env: { A: 'b c' },
}

test('the nodes are read at once, the built-in one among them', async () => {
  const jenkins = await replayed([['node-states', 15]])
  const nodes = await jenkins.nodes()
  expect(nodes.map((node) => node.name)).toEqual(['Built-In Node', 'n1', 't1'])
  expect(nodes[0]).toMatchObject({ labels: ['built-in'], executors: 0, builds: [] })
  expect(nodes[1]).toMatchObject({
    labels: ['4CPU8G', 'linux'],
    offline: false,
    connected: true,
    idle: false,
    executors: 1,
    builds: ['http://jenkins.example:8080/job/free1/1/'],
  })
})

test('a build that takes no executor counts as a build of its node too', async () => {
  const job = 'http://jenkins.example:8080/job/pipe1/1/'
  const url = await serveHttp((_request, response) => {
    response.writeHead(200, { 'X-Jenkins': '2.498' })
    response.end(
      `{"displayName":"n1","oneOffExecutors":[{"idle":false,"currentExecutable":{"url":"${job}"}}]}`,
    )
  })
  const jenkins = await replayed([], { url })
  expect(await jenkins.node('n1')).toMatchObject({ builds: [job] })
})

test('a node that never connected is offline, idle and inbound', async () => {
  const jenkins = await replayed([['node-states', 0]])
  expect(await jenkins.node('n1')).toEqual({
    name: 'n1',
    description: 'made by the recorder',
    labels: ['4CPU8G', 'linux'],
    offline: true,
    temporarilyOffline: false,
    offlineReason: '',
    connected: false,
    idle: true,
    executors: 1,
    builds: [],
    inbound: true,
  })
})

test('a marked node is offline while its agent stays connected and its build goes on', async () => {
  const jenkins = await replayed([['node-states', 24]])
  expect(await jenkins.node('n1')).toMatchObject({
    offline: true,
    temporarilyOffline: true,
    connected: true,
    idle: false,
    offlineReason: 'footman: on battery',
  })
})

test('a killed agent shows as a broken connection, not as a mark', async () => {
  const jenkins = await replayed([['node-states', 56]])
  expect(await jenkins.node('n1')).toMatchObject({
    offline: true,
    temporarilyOffline: false,
    connected: false,
    offlineReason: 'Connection was broken',
  })
})

test('a node that does not exist is undefined', async () => {
  const jenkins = await replayed([['node-states', 49]])
  expect(await jenkins.node('nosuch')).toBeUndefined()
})

test('a reason is read without the escapes that Jenkins adds for web pages', async () => {
  const url = await serveHttp((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'X-Jenkins': '2.498' })
    response.end(
      JSON.stringify({ displayName: 'n1', offlineCauseReason: 'a &lt;b&gt;&amp;amp; &quot;c&quot;' }),
    )
  })
  const jenkins = await replayed([], { url })
  expect(await jenkins.node('n1')).toMatchObject({ offlineReason: 'a <b>&amp; "c"' })
})

test('who took a node offline is told: a person, a monitor of Jenkins, or nobody', async () => {
  const kindOf = async (offlineCause: unknown) => {
    const url = await serveHttp((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'X-Jenkins': '2.498' })
      response.end(JSON.stringify({ displayName: 'n1', offlineCause }))
    })
    return (await (await replayed([], { url })).node('n1'))?.offlineCauseKind
  }
  const monitor = 'hudson.node_monitors.DiskSpaceMonitorDescriptor$DiskSpace'
  expect(await kindOf({ _class: monitor })).toBe(monitor)
  expect(await kindOf(null)).toBeUndefined()
  expect(await kindOf({})).toBeUndefined()
})

test('a node is created as its page in Jenkins would create it', async () => {
  const jenkins = await replayed([['node-create', 0]])
  await jenkins.createNode(linux)
})

test('a node for TCP without environment is created likewise', async () => {
  const jenkins = await replayed([['node-create', 3]])
  const { env, ...rest } = linux
  await jenkins.createNode({ ...rest, name: 'tcp1', labels: [], mode: 'normal', webSocket: false })
})

test('a name that is taken is a conflict', async () => {
  const jenkins = await replayed([['node-create-refused', 0, 'body']])
  await expect(jenkins.createNode({ ...linux, name: 'exists1' })).rejects.toMatchObject({
    failure: 'conflict',
    status: 400,
    message: 'Cannot create node exists1: Jenkins refuses (400): Agent called exists1 already exists',
  })
})

test('a name that Jenkins would refuse is refused before anything is sent', async () => {
  const jenkins = await replayed([])
  await expect(jenkins.createNode({ ...linux, name: 'a/b' })).rejects.toThrow('/ is not allowed')
})

test.each([0, -1, 1.5, Number.NaN])(
  '%d executors are refused before anything is sent, since Jenkins would lose the node',
  async (executors) => {
    const jenkins = await replayed([])
    await expect(jenkins.createNode({ ...linux, executors })).rejects.toMatchObject({ code: 'user' })
  },
)

test('who may not create nodes is told what to ask for', async () => {
  const jenkins = await replayed([['permissions', 0, 'body']], { user: 'nocreate' })
  await expect(jenkins.createNode({ ...linux, name: 'perm2' })).rejects.toMatchObject({
    failure: 'forbidden',
    permission: 'hudson.model.Computer.Create',
    hint: 'ask an administrator of Jenkins to give nocreate the permission Agent/Create',
  })
})

test('the right to create nodes is found out without creating one', async () => {
  const yes = await replayed([['node-create-refused', 2, 'body']])
  expect(await yes.canCreateNodes()).toEqual({ allowed: true, permission: undefined })
  const no = await replayed([['permissions', 0, 'body']], { user: 'nocreate' })
  expect(await no.canCreateNodes()).toEqual({ allowed: false, permission: 'hudson.model.Computer.Create' })
  const nothing = await replayed([['permissions', 2, 'body']], { user: 'nothing' })
  expect(await nothing.canCreateNodes()).toEqual({ allowed: false, permission: 'hudson.model.Hudson.Read' })
})

test('labels of a live node are changed by sending its configuration back', async () => {
  const jenkins = await replayed([
    ['node-config', 0],
    ['node-config', 1],
  ])
  await jenkins.updateNode('c1', { labels: ['linux', '4CPU8G'] })
})

test('a change that changes nothing is not sent', async () => {
  const jenkins = await replayed([['node-config', 0]])
  await jenkins.updateNode('c1', { labels: ['linux', 'old'], mode: 'normal', clearOfflineMark: true })
})

test('a node that is gone cannot be changed', async () => {
  const jenkins = await replayed([['node-states', 50]])
  await expect(jenkins.updateNode('nosuch', { labels: [] })).rejects.toMatchObject({ failure: 'not-found' })
})

test('changing a node needs Agent/Configure, to read it and to write it', async () => {
  const jenkins = await replayed([['permissions', 9]], { user: 'noconfigure' })
  await expect(jenkins.updateNode('perm1', { labels: [] })).rejects.toMatchObject({
    failure: 'forbidden',
    permission: 'hudson.model.Computer.Configure',
  })
})

test('a node is deleted; one that is gone already is fine', async () => {
  const jenkins = await replayed([
    ['node-jnlp-delete', 13],
    ['node-jnlp-delete', 15],
  ])
  await jenkins.deleteNode('jws')
  await jenkins.deleteNode('jws')
})

test('a 404 of something that is not Jenkins does not count as deleted', async () => {
  const url = await serveHttp((_request, response) => response.writeHead(404).end())
  const jenkins = await replayed([], { url })
  await expect(jenkins.deleteNode('n1')).rejects.toMatchObject({
    failure: 'not-found',
    hint: expect.stringContaining('context path'),
  })
})

test('an old controller leaves its 404 to the servlet container, and is understood once it has shown itself', async () => {
  const url = await serveHttp((request, response) => {
    if (request.url?.startsWith('/computer/'))
      response.writeHead(404).end('HTTP ERROR 404. Powered by Jetty:// 9.4')
    else response.writeHead(200, { 'X-Jenkins': '2.190.1', 'X-Jenkins-Session': 'a' }).end('{"name":"ann"}')
  })
  const jenkins = await replayed([], { url })
  await expect(jenkins.node('n1')).rejects.toMatchObject({ failure: 'not-found' })
  await jenkins.whoAmI()
  expect(await jenkins.node('n1')).toBeUndefined()
})

test('the built-in node cannot be deleted, nor any node without Agent/Delete', async () => {
  const jenkins = await replayed([['node-jnlp-delete', 16]])
  await expect(jenkins.deleteNode('(built-in)')).rejects.toMatchObject({ failure: 'rejected', status: 400 })
  const nodelete = await replayed([['permissions', 22]], { user: 'nodelete' })
  await expect(nodelete.deleteNode('perm1')).rejects.toMatchObject({
    permission: 'hudson.model.Computer.Delete',
  })
})

test('a node is marked offline, as often as one likes', async () => {
  const jenkins = await replayed([
    ['node-states', 23],
    ['node-states', 31],
  ])
  await jenkins.markOffline('n1', 'footman: on battery')
  await jenkins.markOffline('n1', '')
})

test('a reason loses the blank before its colon, since Jenkins shows only what follows " : "', async () => {
  const bodies: string[] = []
  const url = await serveHttp((request, response) => {
    request.on('data', (chunk) => bodies.push(String(chunk)))
    request.on('end', () => response.writeHead(302, { Location: '/computer/n1/' }).end())
  })
  const jenkins = await replayed([], { url })
  await jenkins.markOffline('n1', 'second : reason')
  await jenkins.disconnect('n1', 'one : two : three')
  expect(bodies).toEqual(['offlineMessage=second%3A+reason', 'offlineMessage=one%3A+two%3A+three'])
})

test('a mark is cleared by a toggle, after a look that it is there', async () => {
  const jenkins = await replayed([
    ['node-states', 26],
    ['node-states', 34],
    ['node-states', 5],
  ])
  await jenkins.clearOffline('n1')
  await jenkins.clearOffline('n1')
})

test('marks of a node that is gone are not found', async () => {
  const jenkins = await replayed([
    ['node-states', 49],
    ['node-states', 46, 'body'],
    ['node-states', 47, 'body'],
  ])
  await expect(jenkins.clearOffline('nosuch')).rejects.toMatchObject({ failure: 'not-found' })
  await expect(jenkins.markOffline('nosuch', 'x')).rejects.toMatchObject({ failure: 'not-found' })
  await expect(jenkins.disconnect('nosuch', 'x')).rejects.toMatchObject({ failure: 'not-found' })
})

test('marking needs Agent/Disconnect', async () => {
  const jenkins = await replayed([['permissions', 14]], { user: 'nodisconnect' })
  await expect(jenkins.markOffline('perm1', 'x')).rejects.toMatchObject({
    permission: 'hudson.model.Computer.Disconnect',
  })
})

test('a channel is closed; where there is none nothing happens', async () => {
  const jenkins = await replayed([
    ['node-states', 53],
    ['node-states', 58],
  ])
  await jenkins.disconnect('n1', 'bye')
  await jenkins.disconnect('n1', 'bye2')
})

test('the log of a node is read whole', async () => {
  const jenkins = await replayed([['node-states', 8]])
  expect(await jenkins.nodeLog('n1')).toContain('Agent successfully connected and online')
})

test('who lacks one of several permissions reads which ones in the words of Jenkins', async () => {
  const jenkins = await replayed([['permissions', 25]], { user: 'reader' })
  await expect(jenkins.nodeLog('perm1')).rejects.toMatchObject({
    failure: 'forbidden',
    message:
      'Cannot read the log of node perm1: reader is missing a permission, one of Agent/Connect, Agent/Configure is required',
  })
})
