import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  containerLabels,
  isSameSlot,
  observedContainer,
  slotLabels,
} from '../../../agent/containers/observed-container.ts'
import { agentContainerSpec } from '../../../agent/transports/inbound/container-spec.ts'
import type { ContainerState } from '../../../core/container-engine.ts'
import { agentContainer, identity, plan } from '../agent-containers.ts'

function state(labels: Record<string, string>): ContainerState {
  return {
    id: 'c0ffee',
    name: 'footman-0a1b2c3d-laptop-ann-1',
    image: 'jenkins/inbound-agent:jdk17',
    labels,
    status: 'exited',
    createdAtMs: 1000,
    startedAtMs: undefined,
    exitCode: 137,
    oomKilled: true,
    nanoCpus: undefined,
    memoryBytes: undefined,
  }
}

test('what a container was made for is read back from its labels', () => {
  const { labels } = agentContainerSpec(agentContainer())
  expect(observedContainer(state(labels))).toEqual({
    ...plan,
    transport: 'websocket',
    id: 'c0ffee',
    status: 'exited',
    createdAtMs: 1000,
    oomKilled: true,
    exitCode: 137,
    link: 'unknown',
  })
})

test('any plan survives being written into labels', () => {
  const anyPlan = fc.record({
    slot: fc.stringMatching(/^[A-Za-z][A-Za-z0-9._-]{0,20}-[1-9]$/),
    template: fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/),
    size: fc.record({
      cpus: fc.integer({ min: 1, max: 6400 }).map((hundredths) => hundredths / 100),
      memoryBytes: fc.integer({ min: 6, max: 2 ** 20 }).map((mebibytes) => mebibytes * 2 ** 20),
    }),
    nodeLabels: fc.uniqueArray(
      fc.stringMatching(/^[A-Za-z0-9 "'._:/-]{1,12}$/).filter((label) => label.trim() === label),
    ),
  })
  fc.assert(
    fc.property(anyPlan, (one) => {
      expect(observedContainer(state(slotLabels(identity, one, 'websocket')))).toMatchObject(one)
    }),
  )
})

describe('a container is not ours', () => {
  const labels = slotLabels(identity, plan, 'websocket')

  test.each(['slot', 'template', 'size', 'node-labels'])('without its label %s', (name) => {
    const { [`io.footman.${name}`]: _, ...rest } = labels
    expect(observedContainer(state(rest))).toBeUndefined()
  })

  test('when its size is no size', () => {
    expect(observedContainer(state({ ...labels, 'io.footman.size': 'large' }))).toBeUndefined()
  })

  test('without any labels', () => {
    expect(observedContainer(state({}))).toBeUndefined()
  })
})

test('our containers are asked for by machine and controller', () => {
  expect(containerLabels(identity)).toEqual({
    'io.footman.machine': 'm-1',
    'io.footman.controller': '0a1b2c3d',
  })
})

test('two containers are of the same slot when machine, controller and slot agree', () => {
  const labels = slotLabels(identity, plan, 'websocket')
  expect(isSameSlot(labels, slotLabels(identity, { ...plan, template: 'other' }, 'websocket'))).toBe(true)
  expect(isSameSlot(labels, slotLabels(identity, { ...plan, slot: 'laptop-ann-2' }, 'websocket'))).toBe(false)
  expect(isSameSlot(labels, slotLabels({ ...identity, machineId: 'm-2' }, plan, 'websocket'))).toBe(false)
  expect(isSameSlot({}, {})).toBe(false)
})
