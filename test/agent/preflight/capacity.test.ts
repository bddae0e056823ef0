import { describe, expect, test } from 'vitest'
import { known } from '../../../agent/policy/sensor.ts'
import { contentReadings, preflightBench } from '../../support/preflight-bench.ts'

const gib = 2 ** 30

describe('capacity', () => {
  test('a budget beyond the machine fails', async () => {
    const { outcome } = preflightBench({ machine: { cpus: 12 } })
    expect(await outcome('machine.cpus')).toMatchObject({ result: 'fail', cure: 'lend at most 8' })
    expect(await outcome('capacity')).toBeUndefined()
  })

  test('a template larger than the budget fails', async () => {
    const { outcome } = preflightBench({ templates: [{ name: 'big', size: '16CPU8G' }] })
    expect(await outcome('templates[0].size')).toMatchObject({
      result: 'fail',
      finding: expect.stringContaining('more than this machine lends'),
      cure: expect.stringContaining('machine.cpus'),
    })
  })

  test('what is lent is told', async () => {
    expect(await preflightBench().outcome('capacity')).toMatchObject({
      finding: 'lends 4 of 8 CPUs and 8 GiB of 16 GiB, in at most 4 containers at a time',
    })
  })

  test('a full disk fails with what to do', async () => {
    const readings = { ...contentReadings, freeDiskBytes: known(3 * gib) }
    const { outcome } = preflightBench({}, { readings })
    expect(await outcome('disk')).toMatchObject({
      result: 'fail',
      finding: expect.stringContaining('3 GiB free, less than the 10 GiB of policy.minFreeDisk'),
      cure: expect.stringContaining('docker system prune'),
    })
  })

  test('a machine on its battery is told that it would take no builds now', async () => {
    const readings = { ...contentReadings, power: known({ onBattery: true }) }
    const { outcome } = preflightBench({}, { readings })
    expect(await outcome('policy')).toMatchObject({
      result: 'warn',
      finding: expect.stringContaining('battery'),
    })
  })
})
