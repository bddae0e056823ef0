import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { acceptParameters } from '../../library/accept.ts'
import { variableOf } from '../../library/definition.ts'
import { tempDir } from '../support/temp-dir.ts'
import { unpackResource } from './harness/resource.ts'
import { hostileValues } from './hostile-values.ts'
import { sampleStep, sampleTemplates } from './sample-step.ts'

const kinds = Object.entries(sampleStep.parameters).filter(
  ([, { type, secret }]) => type !== 'credentials' && !secret,
)

/** Every step is tried like this in hostile.part.test.ts; here, one that has a parameter of every kind. */
it.each(kinds)(
  'quotes, substitutions, options and 64 KiB in %s reach bash byte for byte, or are refused',
  async (name, parameter) => {
    const resource = await unpackResource(sampleStep, await tempDir(), { templates: sampleTemplates() })
    const plain = acceptParameters(sampleStep, { command: 'true', word: 'hello' }, false)
    if ('problem' in plain) throw new Error(plain.problem)
    const { taken, refused } = hostileValues(parameter)
    for (const value of refused.slice(0, 12)) {
      const { exitCode, stderr } = await resource.phase('plan', { ...plain.values, [name]: value })
      expect({ exitCode, value }).toEqual({ exitCode: 1, value })
      expect(stderr).toContain(`${name} must be `)
    }
    for (const value of taken.slice(0, 24)) {
      const accepted = acceptParameters(sampleStep, { command: 'true', word: 'hello', [name]: value }, false)
      if ('problem' in accepted) throw new Error(accepted.problem)
      const { exitCode, stderr } = await resource.phase('plan', accepted.values)
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
      const file = join(resource.folder, `value-${variableOf(name).replace('STEP_', '')}`)
      expect(await readFile(file, 'utf8')).toBe(asText(accepted.values[name]))
    }
    expect(resource.sings()).toBe(false)
  },
)

it('the words of a command reach a program byte for byte', async () => {
  const resource = await unpackResource(sampleStep, await tempDir(), {
    templates: sampleTemplates(),
    tools: { keep: 'printf "%s\\0" "$@" >"$HOME/words"' },
  })
  const [words] = hostileValues({ type: 'command', summary: '' }).taken
  const command = ['keep', ...(Array.isArray(words) ? words : [])]
  const accepted = acceptParameters(sampleStep, { command, word: 'hello' }, false)
  if ('problem' in accepted) throw new Error(accepted.problem)
  expect((await resource.phase('run', accepted.values)).exitCode).toBe(0)
  const kept = await readFile(join(resource.folder, '../words'), 'utf8')
  expect(kept.split('\0').slice(0, -1)).toEqual(command.slice(1))
  expect(resource.sings()).toBe(false)
})

it('refuses a text that no process would take, instead of failing in the middle', () => {
  const code = '€'.repeat(60_000)
  expect(acceptParameters(sampleStep, { command: 'true', word: 'x', code }, false)).toEqual({
    problem: "'code' is too long: a process takes at most 128 KiB in one variable",
  })
})

function asText(value: unknown): string {
  if (Array.isArray(value)) return value.join('\n')
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([key, item]) => `${key}=${String(item)}`)
    .join('\n')
}
