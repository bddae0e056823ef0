import { expect, test } from 'vitest'
import { ownCpus } from '../../../agent/daemon/own-cpus.ts'
import type { ObservedContainer } from '../../../agent/world.ts'

function container(id: string, cpus: number, status: ObservedContainer['status'] = 'running') {
  const size = { cpus, memoryBytes: 2 ** 30 }
  const rest = { oomKilled: false, exitCode: undefined, link: 'unknown' as const, createdAtMs: 0 }
  return { id, slot: id, status, template: 'default', size, nodeLabels: [], ...rest }
}

const containers = [container('a', 2), container('b', 1.5), container('c', 4, 'exited')]

test('what our containers use is measured where the kernel shows it', async () => {
  const asked: string[][] = []
  const meter = async (ids: readonly string[]) => {
    asked.push([...ids])
    return 0.7
  }
  expect(await ownCpus(containers, meter)).toBe(0.7)
  expect(asked).toEqual([['a', 'b']])
})

test('elsewhere it is all that those which run may use, so that builds are no foreign load', async () => {
  expect(await ownCpus(containers, async () => undefined)).toBe(3.5)
})
