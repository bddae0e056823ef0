import { afterEach, describe, expect, test } from 'vitest'
import type { User } from '../../../jenkins/practice/auth.ts'
import type { Permission } from '../../../jenkins/practice/permissions.ts'
import { connectAgent } from './fake-link.ts'
import { addTestNode, markTestNode } from './node-stage.ts'
import { admin, type Replay, startReplay } from './replay.ts'

/** The practice controller against what a real Jenkins 2.498 answered: who may do what. */
describe('identity and permissions, as recorded', () => {
  let replay: Replay
  afterEach(() => replay.controller.stop())

  test('logins by token and password, wrong ones, nobody, and odd URLs', async () => {
    replay = await startReplay()
    expect(await replay.play('auth')).toEqual({})
  })

  test('crumbs belong to a user and a session', async () => {
    replay = await startReplay()
    expect(await replay.play('crumb')).toEqual({})
  })

  test('ten users under matrix security', async () => {
    replay = await startReplay({ users: matrixUsers })
    const { controller } = replay
    addTestNode(controller, 'perm1', { label: 'linux 4CPU8G', mode: 'NORMAL' })
    connectAgent(controller, 'perm1')
    controller.createJob('perm-job', { kind: 'freestyle', label: 'nosuchlabel', scripts: [] })
    controller.build('perm-job')
    const plan = {
      before: {
        18: () => markTestNode(controller, 'perm1', 'drained'),
        19: () => markTestNode(controller, 'perm1'),
      },
      differs: {
        48: 'Jenkins smooths its load statistics over time; here they tell the present moment',
      },
    }
    expect(await replay.play('permissions', plan)).toEqual({})
  })
})

const contributor: Permission[] = [
  'hudson.model.Hudson.Read',
  'hudson.model.Item.Read',
  'hudson.model.Item.Discover',
  'hudson.model.Computer.Create',
  'hudson.model.Computer.Connect',
  'hudson.model.Computer.Configure',
  'hudson.model.Computer.Delete',
  'hudson.model.Computer.Disconnect',
  'hudson.model.Computer.Build',
]

const matrixUsers: User[] = [
  admin,
  without('contributor'),
  without('nocreate', 'Computer.Create'),
  without('noconnect', 'Computer.Connect', 'Computer.Disconnect'),
  without('noconfigure', 'Computer.Configure'),
  without('nodelete', 'Computer.Delete'),
  without('nodisconnect', 'Computer.Disconnect'),
  without('nojob', 'Item.Read', 'Item.Discover'),
  without('discover', 'Item.Read'),
  {
    name: 'reader',
    token: 'TOKEN',
    permissions: ['hudson.model.Hudson.Read', 'hudson.model.Item.Read', 'hudson.model.Item.Discover'],
  },
  { name: 'nothing', token: 'TOKEN', permissions: [] },
]

function without(name: string, ...missing: string[]): User {
  const permissions = contributor.filter((permission) => !missing.some((item) => permission.endsWith(item)))
  return { name, token: 'TOKEN', permissions }
}
