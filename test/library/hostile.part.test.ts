import { describe, expect, it } from 'vitest'
import { acceptParameters } from '../../library/accept.ts'
import { steps } from '../../library/registry.ts'
import { tempDir } from '../support/temp-dir.ts'
import { fakes } from './fakes/registry.ts'
import { unpackResource } from './harness/resource.ts'
import { hostileValues } from './hostile-values.ts'

/**
 * Quotes, substitutions, line breaks, options, odd characters and 64 KiB, in every parameter of every step: the real
 * resource runs, with stand-ins for its tools, and evaluates nothing of it.
 */
describe.each(steps.map((definition) => [definition.name, definition] as const))('%s', (name, definition) => {
  const { tools = {}, cases = [] } = fakes[name] ?? {}
  const quick = Object.fromEntries(
    Object.entries(tools).map(([tool, text]) => [tool, text.replaceAll(/\bsleep [0-9.]+/g, 'sleep 0')]),
  )

  it.each(Object.entries(definition.parameters))(
    'evaluates nothing of %s',
    async (parameter, declared) => {
      const resource = await unpackResource(definition, await tempDir(), { tools: quick })
      const { taken, refused } = hostileValues(declared)
      let tried = 0
      for (const { parameters, body } of cases) {
        const phases = body === undefined ? ['plan', 'run', 'end'] : ['plan', 'begin', 'finish', 'end']
        const isInstead = definition.instead !== undefined && definition.instead in parameters
        const isCommand = body === undefined && 'command' in definition.parameters && !isInstead
        const given = isCommand ? { command: 'true', ...parameters } : parameters
        const base = acceptParameters(definition, given, body !== undefined)
        if ('problem' in base) throw new Error(base.problem)
        for (const value of refused.slice(0, 6)) {
          const { exitCode } = await resource.phase('begin', { ...base.values, [parameter]: value })
          expect({ exitCode, value }).toEqual({ exitCode: 1, value })
          tried++
        }
        const accept = (value: unknown) =>
          acceptParameters(definition, { ...given, [parameter]: value }, body !== undefined)
        for (const value of mostOfAll(taken, (joined) => !('problem' in accept(joined)))) {
          const accepted = accept(value)
          if ('problem' in accepted) continue
          for (const phase of phases) await resource.phase(phase, accepted.values)
          tried++
        }
      }
      expect(resource.sings()).toBe(false)
      if (taken.length + refused.length > 0) expect(tried).toBeGreaterThan(0)
    },
    300_000,
  )
})

/** All values at once where the rule takes them as one text: a phase takes its time, and they do not hide each other. */
function mostOfAll(taken: readonly unknown[], isTaken: (joined: string) => boolean): unknown[] {
  const texts = taken.filter((value) => typeof value === 'string' && value.length < 1000)
  const joined = texts.join(' ')
  if (texts.length < 2 || !isTaken(joined)) return [...taken]
  return [joined, ...taken.filter((value) => !texts.includes(value))]
}
