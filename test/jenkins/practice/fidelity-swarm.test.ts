import { afterEach, expect, test } from 'vitest'
import type { User } from '../../../jenkins/practice/auth.ts'
import type { Permission } from '../../../jenkins/practice/permissions.ts'
import { connectAgent, type FakeLink } from './fake-link.ts'
import { addTestNode } from './node-stage.ts'
import { admin, type Replay, startReplay } from './replay.ts'

let replay: Replay

afterEach(() => replay.controller.stop())

const right = (name: string) => `hudson.model.${name}` as Permission
const agentRights = ['Create', 'Connect', 'Disconnect', 'Configure', 'Delete'].map((name) =>
  right(`Computer.${name}`),
)

/** Users of the recordings, each without what its name says. */
function user(name: string, permissions: Permission[]): User {
  return { name, token: 'TOKEN', permissions }
}

const read = right('Hudson.Read')
const without = (...names: string[]) => [
  read,
  ...agentRights.filter((one) => !names.some((name) => one.endsWith(name))),
]
const users = [
  admin,
  user('nocreate', without('Create')),
  user('noconnect', without('Connect', 'Disconnect')),
  user('noconfigure', without('Configure')),
  user('reader', [read]),
  user('nothing', []),
]

test('the Swarm plugin registers nodes, labels them and refuses as recorded', async () => {
  replay = await startReplay({ users })
  addTestNode(replay.controller, 'dumb1', { label: 'linux' })
  addTestNode(replay.controller, 'xroot', { label: '' })
  const plan = {
    differs: {
      1: 'nobody tries to launch an inbound node here',
      44: 'labels are not cached here, so none grows stale',
    },
  }
  expect(await replay.play('swarm', plan)).toEqual({})
})

test('a node of the Swarm plugin lives and ends with its agent, as recorded', async () => {
  replay = await startReplay({ users })
  let agent: FakeLink
  const online = async (name: string, ...more: string[]) => {
    await register(name, ...more)
    agent = connectAgent(replay.controller, name)
  }
  const plan = {
    before: {
      0: () => online('swl', 'labels=linux 4CPU8G'),
      4: () => agent.lose(),
      5: () => online('swk', 'labels=4CPU8G linux', 'keepDisconnectedClients=true'),
      6: () => agent.lose(),
      7: () => online('swl'),
      9: () => online('swl'),
      11: () => online('swl'),
    },
    differs: { 1: 'read before the last line was written' },
  }
  expect(await replay.play('swarm-life', plan)).toEqual({})
})

async function register(name: string, ...more: string[]): Promise<void> {
  const { url, user: login, token } = replay.controller
  const form = new URLSearchParams([
    ...Object.entries({ name, executors: '1', remoteFsRoot: '/home/jenkins/agent', mode: 'NORMAL' }),
    ...more.map(
      (pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as [string, string],
    ),
  ])
  const authorization = `Basic ${Buffer.from(`${login}:${token}`).toString('base64')}`
  await fetch(`${url}plugin/swarm/createSlave`, { method: 'POST', body: form, headers: { authorization } })
}
