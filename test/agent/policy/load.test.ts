import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createContainerCpuMeter } from '../../../agent/policy/container-cpu.ts'
import { loadSensor } from '../../../agent/policy/load.ts'
import { tempDir } from '../../support/temp-dir.ts'

const signal = new AbortController().signal

test('our own containers do not count as load', async () => {
  const sensor = loadSensor({ ownCpus: async () => 3, loadPerMinute: () => 5, cpus: 4 })
  expect(await sensor.read(signal)).toEqual({ known: true, value: 0.5 })
})

test('a load average that lags behind our containers is not taken for a negative load', async () => {
  const sensor = loadSensor({ ownCpus: async () => 4, loadPerMinute: () => 1, cpus: 4 })
  expect(await sensor.read(signal)).toEqual({ known: true, value: 0 })
})

async function group(root: string, path: string, usedMs: number): Promise<void> {
  const isFirst = path.startsWith('cpuacct')
  await mkdir(join(root, path), { recursive: true })
  const [file, text] = isFirst
    ? ['cpuacct.usage', `${usedMs * 1e6}\n`]
    : ['cpu.stat', `usage_usec ${usedMs * 1000}\nuser_usec 1\nsystem_usec 1\n`]
  await writeFile(join(root, path, file), text)
}

test.each([
  'system.slice/docker-abc.scope',
  'docker/abc',
  'user.slice/user-1000.slice/user@1000.service/user.slice/docker-abc.scope',
  'cpuacct/docker/abc',
])('a container that keeps two CPUs busy for minutes uses two CPUs (%s)', async (path) => {
  const cgroupRoot = await tempDir()
  let nowMs = 1_000_000
  const meter = createContainerCpuMeter({ cgroupRoot, uid: 1000, nowMs: () => nowMs })
  await group(cgroupRoot, path, 0)
  expect(await meter(['abc'])).toBe(0)
  for (let minute = 1; minute <= 6; minute++) {
    nowMs += 60_000
    await group(cgroupRoot, path, minute * 120_000)
    await meter(['abc'])
  }
  expect(await meter(['abc'])).toBeCloseTo(2, 1)
})

test('what an ended container used is forgotten within minutes, as the load average forgets', async () => {
  const cgroupRoot = await tempDir()
  let nowMs = 0
  const meter = createContainerCpuMeter({ cgroupRoot, nowMs: () => nowMs })
  await group(cgroupRoot, 'docker/abc', 0)
  await meter(['abc'])
  nowMs += 60_000
  await group(cgroupRoot, 'docker/abc', 60_000)
  expect(await meter(['abc'])).toBeCloseTo(0.63, 2)
  nowMs += 300_000
  expect(await meter([])).toBeLessThan(0.01)
})

test('an engine whose containers the kernel does not show is said to be unknown', async () => {
  const meter = createContainerCpuMeter({ cgroupRoot: await tempDir() })
  expect(await meter(['abc'])).toBeUndefined()
  expect(await meter([])).toBe(0)
})
