import { expect, test } from 'vitest'
import { observeContainers, observeLinks } from '../../../agent/daemon/observe.ts'
import { RemoteError } from '../../../core/errors.ts'
import { LendingStage } from '../../support/lending-stage.ts'

async function serving(): Promise<LendingStage> {
  const stage = new LendingStage()
  await stage.start()
  stage.enqueue('2CPU3G')
  await stage.pass(30_000)
  return stage
}

async function observed(stage: LendingStage) {
  return await observeContainers({ engine: stage.docker, identity: stage.plan.identity })
}

test('a container tells by its labels what it is', async () => {
  const stage = await serving()
  expect(await observed(stage)).toMatchObject([
    {
      slot: 'ann-1',
      status: 'running',
      template: 'default',
      size: { cpus: 2, memoryBytes: 3 * 2 ** 30 },
      nodeLabels: ['linux', 'amd64', 'ann', '2CPU3G'],
      link: 'unknown',
    },
  ])
})

test('another machine’s or another controller’s containers are not ours', async () => {
  const stage = await serving()
  const { identity } = stage.plan
  for (const other of [{ machineId: 'other' }, { controllerId: 'other' }]) {
    const found = await observeContainers({ engine: stage.docker, identity: { ...identity, ...other } })
    expect(found).toEqual([])
  }
})

test('why a container ended is asked for, and only then', async () => {
  const stage = await serving()
  const before = stage.docker.calls.length
  await observed(stage)
  expect(stage.docker.calls.slice(before)).toEqual(['list'])
  stage.docker.exit(stage.container.id, 137, { oomKilled: true })
  expect(await observed(stage)).toMatchObject([{ status: 'exited', exitCode: 137, oomKilled: true }])
})

test('an engine that does not answer is no machine without containers', async () => {
  const stage = await serving()
  stage.docker.setAway(true)
  await expect(observed(stage)).rejects.toMatchObject({ failure: 'unreachable' })
})

test('agents are heard whose nodes Jenkins believes to be connected', async () => {
  const stage = await serving()
  const nodes = () => [...stage.jenkins.store.values()]
  const links = async () => {
    const containers = await observed(stage)
    const linked = await observeLinks({ engine: stage.docker, containers, nodes: nodes() })
    return linked.map(({ link }) => link)
  }
  expect(await links()).toEqual(['connected'])
  stage.agentGivesUp('ann-1')
  expect(await links()).toEqual(['connecting'])
  stage.jenkins.agentVanishes('ann-1')
  expect(await links()).toEqual(['unknown'])
})

test('a log that cannot be read tells nothing', async () => {
  const stage = await serving()
  stage.docker.failNext('logs', new RemoteError('not-found', 'no such container'))
  const containers = await observed(stage)
  const nodes = [...stage.jenkins.store.values()]
  expect(await observeLinks({ engine: stage.docker, containers, nodes })).toMatchObject([{ link: 'unknown' }])
})
