import { expect, test } from 'vitest'
import { preflight } from '../../../agent/preflight/preflight.ts'
import { defaultImage, preflightBench } from '../../support/preflight-bench.ts'

test('where everything is in order, every check passes and nothing is left on the controller', async () => {
  const { jenkins, run } = preflightBench()
  const { passed, transport, outcomes } = await run()
  expect(outcomes.filter(({ result }) => result !== 'ok')).toEqual([])
  expect({ passed, transport }).toEqual({ passed: true, transport: 'websocket' })
  expect(outcomes.map(({ name }) => name)).toEqual([
    'controller',
    'version',
    'account',
    'clock',
    'nodes',
    'queue',
    'create nodes',
    'connect agents',
    'label nodes',
    'WebSocket',
    'TCP',
    'transport',
    'drain nodes',
    'delete nodes',
    'engine',
    'limits',
    'way back',
    `image ${defaultImage}`,
    'capacity',
    'disk',
    'policy',
  ])
  expect(jenkins.store.size).toBe(0)
})

test('outcomes are reported one by one as they come', async () => {
  const { options, jenkins } = preflightBench()
  const created: boolean[] = []
  await preflight(options, ({ name }) => {
    if (name === 'create nodes') created.push(jenkins.store.has('laptop-preflight'))
  })
  expect(created).toEqual([true])
})

test('every failure and every warning comes with a cure', async () => {
  const { jenkins, run } = preflightBench({
    templates: [{ name: 'big', size: '64CPU64G' }],
    policy: { minFreeDisk: '900G' },
  })
  jenkins.webSocket = false
  for (const right of ['Configure', 'Connect', 'Disconnect', 'Delete'] as const) jenkins.denied.add(right)
  const { outcomes } = await run()
  const bad = outcomes.filter(({ result }) => result === 'fail' || result === 'warn')
  expect(bad.length).toBeGreaterThan(6)
  expect(bad.filter(({ cure }) => !cure)).toEqual([])
})
