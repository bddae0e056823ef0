import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { agentConfigSchema } from '../../agent/config/schema.ts'
import { budgetOf, defaultBudget, defaultMachineName, machineId, readHardware } from '../../agent/hardware.ts'
import { tempDir } from '../support/temp-dir.ts'

const gib = 2 ** 30

function machineOf(over: Record<string, unknown>) {
  const controller = { url: 'http://jenkins.test/', user: 'ann', token: 'env:TOKEN' }
  return agentConfigSchema.parse({ controller, machine: over }).machine
}

describe('hardware', () => {
  test('is what this machine has, less what its control group forbids', () => {
    const sources = { cpus: 8, totalBytes: 16 * gib }
    expect(readHardware(undefined, { ...sources, constrainedBytes: 4 * gib })).toEqual({
      cpus: 8,
      memoryBytes: 4 * gib,
    })
    expect(readHardware(undefined, { ...sources, constrainedBytes: 2 ** 63 })).toEqual({
      cpus: 8,
      memoryBytes: 16 * gib,
    })
    expect(readHardware(undefined, { ...sources, constrainedBytes: 0 })).toEqual({
      cpus: 8,
      memoryBytes: 16 * gib,
    })
  })

  test('is no more than the virtual machine of the engine', () => {
    const engine = { cpus: 4, memoryBytes: 8 * gib }
    expect(readHardware(engine, { cpus: 10, totalBytes: 32 * gib })).toEqual(engine)
  })

  test('of this very machine is more than nothing', () => {
    const { cpus, memoryBytes } = readHardware()
    expect(cpus).toBeGreaterThan(0)
    expect(memoryBytes).toBeGreaterThan(0)
  })
})

describe('the budget', () => {
  test('is half of the hardware in round numbers', () => {
    expect(defaultBudget({ cpus: 8, memoryBytes: 16 * gib })).toEqual({ cpus: 4, memoryBytes: 8 * gib })
    expect(defaultBudget({ cpus: 3, memoryBytes: 15.4 * gib })).toEqual({ cpus: 1.5, memoryBytes: 7.5 * gib })
    expect(defaultBudget({ cpus: 1, memoryBytes: gib })).toEqual({ cpus: 0.5, memoryBytes: gib / 2 })
  })

  test('is what the owner says, where the owner says something', () => {
    const hardware = { cpus: 8, memoryBytes: 16 * gib }
    expect(budgetOf(machineOf({ cpus: 6 }), hardware)).toEqual({ cpus: 6, memoryBytes: 8 * gib })
    expect(budgetOf(machineOf({ memory: '3G' }), hardware)).toEqual({ cpus: 4, memoryBytes: 3 * gib })
  })
})

describe('the name', () => {
  test.each([
    ['Anns-MacBook-Pro.local', 'anns-macbook-pro'],
    ['build.example.com', 'build'],
    ['jörg s laptop', 'jorg-s-laptop'],
    ['', 'machine-abcdef'],
    ['localhost', 'machine-abcdef'],
    ['---', 'machine-abcdef'],
  ])('of %s is %s', (host, name) => {
    expect(defaultMachineName('abcdef0123456789', host)).toBe(name)
  })

  test('is accepted by the configuration, whatever the host is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (host) => {
        const name = defaultMachineName('abcdef0123456789', host)
        expect(machineOf({ name }).name).toBe(name)
      }),
    )
  })
})

describe('the id', () => {
  test('is made once and kept for this user alone', async () => {
    const dir = join(await tempDir(), 'state')
    const id = await machineId(dir)
    expect(id).toMatch(/^[0-9a-f]{16}$/)
    expect(await machineId(dir)).toBe(id)
    expect((await stat(join(dir, 'machine-id'))).mode & 0o777).toBe(0o600)
    expect(await readFile(join(dir, 'machine-id'), 'utf8')).toBe(`${id}\n`)
  })

  test('is made anew when it is damaged', async () => {
    const dir = await tempDir()
    await writeFile(join(dir, 'machine-id'), 'half a')
    expect(await machineId(dir, () => '0123456789abcdef')).toBe('0123456789abcdef')
    expect(await machineId(dir)).toBe('0123456789abcdef')
  })
})
