import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { run } from '../../core/process.ts'
import { quoteShell } from '../../core/quote.ts'
import type { Parameter } from '../../library/definition.ts'
import { steps } from '../../library/registry.ts'
import { ruleWords } from '../../library/resource.ts'
import * as shared from '../../library/rules.ts'
import { isLine, obeys, type Rule } from '../../library/rules.ts'
import { loadTemplates } from '../../library/templates.ts'

const sharedRules = Object.values(shared).filter((value): value is Rule => typeof value === 'object')
const ownRules = steps.flatMap(({ parameters }) => Object.values(parameters).flatMap(rulesOf))
const rules = [
  ...new Map([...sharedRules, ...ownRules].map((rule) => [rule.pattern + rule.name, rule])).values(),
]

it.each(rules.map((rule) => [rule.name, rule] as const))(
  '%s: what it says it accepts and refuses is true',
  (_, rule) => {
    expect(rule.accepts.filter((sample) => !obeys(rule, sample))).toEqual([])
    expect(rule.refuses.filter((sample) => obeys(rule, sample))).toEqual([])
  },
)

it('patterns keep to what JavaScript, Java and POSIX read alike', () => {
  for (const { name, pattern } of rules) {
    const outsideBrackets = pattern.replace(/\\[[\]]/g, 'x').replace(/\[[^\]]+\]/g, 'x')
    expect(outsideBrackets, name).not.toMatch(/\\|\(\?|[*+?}][+?]|\[/)
    for (const [, inside] of pattern.replace(/\\[[\]]/g, '').matchAll(/\[\^?([^\]]+)\]/g)) {
      expect(inside, name).not.toMatch(/[[&\\]/)
      expect(inside?.slice(0, -1), `${name}: a dash in the middle`).not.toMatch(
        /(^|[^A-Za-z0-9])-|-[^A-Za-z0-9]/,
      )
    }
  }
})

it('no rule takes what breaks a line, however it is put together', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const isClean = text !== '' && ![...text].some((character) => character < ' ' || character === '\u007f')
      expect(isLine(text)).toBe(isClean)
      for (const rule of rules) if (obeys(rule, text)) expect(isClean).toBe(true)
    }),
  )
})

describe('bash', () => {
  it('reads every rule as TypeScript does', async () => {
    const cases = rules.flatMap((rule) =>
      [...rule.accepts, ...rule.refuses]
        .filter((sample) => sample !== '')
        .map((sample) => ({ rule, sample, isTaken: obeys(rule, sample) })),
    )
    expect(await verdicts(cases)).toEqual(cases.map(({ isTaken }) => isTaken))
  })

  it('reads what is near the samples as TypeScript does', async () => {
    const near = rules.flatMap((rule) =>
      fc
        .sample(nearSamples(rule), 12)
        .filter((sample) => sample !== '' && !sample.includes('\0'))
        .map((sample) => ({ rule, sample, isTaken: obeys(rule, sample) })),
    )
    const read = await verdicts(near)
    const differing = near.filter(({ isTaken }, index) => isTaken !== read[index])
    expect(differing.map(({ rule, sample }) => ({ rule: rule.name, sample }))).toEqual([])
  })
})

/** A sample with one character more, less or other. */
function nearSamples(rule: Rule): fc.Arbitrary<string> {
  const samples = fc.constantFrom(...rule.accepts, ...rule.refuses)
  const character = fc.constantFrom(...'abZ09-_./:@+~ \n\'"$`\\[]{}()*?&|;<>#%^=,!')
  return fc.tuple(samples, character, fc.nat(200), fc.boolean()).map(([sample, other, place, replaces]) => {
    const at = place % (sample.length + 1)
    return sample.slice(0, at) + other + sample.slice(replaces ? at + 1 : at)
  })
}

/** Whether bash takes each sample: all of them in one process. */
async function verdicts(cases: readonly { rule: Rule; sample: string }[]): Promise<boolean[]> {
  const prelude = loadTemplates().text('resources/prelude.sh')
  const checks = cases.map(({ rule, sample }) => {
    const check = quoteShell(['check_line', 'it', sample, ...ruleWords(rule)])
    return `if (${check}) 2>/dev/null; then echo true; else echo false; fi`
  })
  const script = ["step=test secrets=''", prelude, ...checks].join('\n')
  const { stdout } = await run(['bash', '-s'], { input: script, timeoutMs: 60_000 })
  return stdout
    .trim()
    .split('\n')
    .map((line) => line === 'true')
}

function rulesOf(parameter: Parameter): Rule[] {
  if (parameter.type === 'map') return [parameter.rule, parameter.keyRule]
  return parameter.type === 'string' || parameter.type === 'list' ? [parameter.rule] : []
}
