import { describe, expect, test } from 'vitest'
import { createTcpTransport } from '../../../../agent/transports/inbound/tcp.ts'
import { createSwarmTransport } from '../../../../agent/transports/swarm/swarm.ts'
import { FakeJenkins } from '../../../support/fake-jenkins.ts'
import { LendingStage } from '../../../support/lending-stage.ts'
import { trial } from '../../../support/trial.ts'

const transport = createSwarmTransport(createTcpTransport(async () => ({ kind: 'jenkins' })))

function stage(): LendingStage {
  return new LendingStage({ transport, settings: { transport: 'swarm' } })
}

describe('a machine that the Swarm plugin registers', () => {
  test('rests with a node that carries nothing but the label of the plugin, and leaves it alone', async () => {
    const lending = stage()
    await lending.start()
    expect(lending.node(1).labels).toEqual(['swarm'])
    await lending.pass(60_000)
    expect(lending.jenkins.calls.filter((call) => call.startsWith('createSwarmNode'))).toHaveLength(1)
  })

  test.each(['swarm && 2CPU2G', 'swarm', 'linux && 1CPU1G'])('serves %s', async (label) => {
    const lending = stage()
    await lending.start()
    lending.enqueue(label)
    await lending.pass(30_000)
    expect(lending.node(1)).toMatchObject({ idle: false, connected: true })
    expect(lending.container.labels['io.footman.transport']).toBe('swarm')
  })

  test('comes back under the same name when the controller has restarted and forgotten it', async () => {
    const lending = stage()
    await lending.start()
    lending.enqueue('2CPU2G')
    await lending.pass(10_000)
    const labels = [...lending.node(1).labels].sort()
    await lending.jenkins.restart()
    lending.jenkins.store.clear()
    await lending.pass(10_000)
    expect([...lending.node(1).labels].sort()).toEqual(labels)
    expect(lending.containers).toHaveLength(1)
  })

  test('gives the node back its rest when the container is gone', async () => {
    const lending = stage()
    await lending.start()
    lending.enqueue('2CPU2G')
    await lending.pass(10_000)
    lending.jenkins.setBuilds('ann-1', [])
    await lending.pass(180_000)
    expect(lending.containers).toEqual([])
    expect(lending.node(1)).toMatchObject({ labels: ['swarm'], temporarilyOffline: false })
  })
})

describe('trying the Swarm plugin out', () => {
  test('registers the trial by it, and tries an agent of it as any other', async () => {
    const jenkins = new FakeJenkins()
    jenkins.addNode('n', { description: 'Made by footman preflight on ann' })
    expect(await transport.tryOut(trial({ jenkins }))).toEqual({
      usable: true,
      finding: 'the plugin registers our nodes, and an agent of ours would be let in over WebSocket',
    })
    expect(jenkins.store.get('n')?.description).toBe(
      'Swarm agent from 127.0.0.1: Made by footman preflight on ann',
    )
  })

  test('finds out what keeps its agents away', async () => {
    const jenkins = new FakeJenkins()
    jenkins.webSocket = false
    expect(await transport.tryOut(trial({ jenkins }))).toMatchObject({
      usable: false,
      finding: expect.stringContaining('WebSocket'),
    })
  })

  test('asks for the plugin where there is none, and touches nothing', async () => {
    const jenkins = new FakeJenkins()
    jenkins.swarmPlugin = false
    expect(await transport.tryOut(trial({ jenkins }))).toMatchObject({
      usable: false,
      cure: expect.stringContaining('install the plugin swarm'),
    })
    expect(jenkins.calls).toEqual(['hasSwarmPlugin'])
  })
})
