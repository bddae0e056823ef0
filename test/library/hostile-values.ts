// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they belong to bash and Groovy
import type { Parameter } from '../../library/definition.ts'
import { obeys, type Rule } from '../../library/rules.ts'

/** A program that must never run: values name it in every way that a careless script would run. */
export const canary = 'footman_canary'

const hostile: readonly string[] = [
  `"'`,
  `'; ${canary}; '`,
  `"; ${canary}; "`,
  `$(${canary})`,
  `\`${canary}\``,
  `\${IFS}${canary}\${IFS}`,
  `a; ${canary}`,
  `a && ${canary} || ${canary} | ${canary} & ${canary}`,
  `<(${canary}) >(${canary})`,
  `a\n${canary}\n`,
  `-rf`,
  `--help=$(${canary})`,
  `* ? [a-z] ~ {a,b} !! #`,
  `\\ \\n \\' \\"`,
  `%25 %24 %s %n %q $$ $PATH \${PATH} $1 $@ $?`,
  `x[$(${canary})]`,
  `ünïcödé ☃ 𝄞 ‮`,
  `${`$(${canary})`.repeat(4000)}`.padEnd(65_536, 'x').slice(0, 65_536),
]

/**
 * Values that would do harm in a script that is careless with them: the same for every rule, and further ones that
 * begin as the rule wants it.
 */
export function hostileTexts(rule: Rule): { taken: string[]; refused: string[] } {
  const [sample] = rule.accepts
  // Longer than the rule allows is for bash to find out by bytes, where a character may be several.
  const short = hostile.filter((text) => text.length < 1000)
  const all = [...hostile, ...short.map((text) => `${sample}${text}`), ...short.map((text) => `/${text}`)]
  return {
    taken: all.filter((text) => obeys(rule, text)),
    refused: all.filter((text) => !obeys(rule, text)),
  }
}

/** Values for one parameter, as a Pipeline would give them. A command is code, but its words are not. */
export function hostileValues(parameter: Parameter): { taken: unknown[]; refused: unknown[] } {
  switch (parameter.type) {
    case 'string':
      return hostileTexts(parameter.rule)
    case 'list': {
      const { taken, refused } = hostileTexts(parameter.rule)
      // 64 KiB are enough for a whole list.
      const short = taken.filter((text) => text.length < 1000)
      const single = taken.filter((text) => text.length >= 1000).map((text) => [text])
      return {
        taken: [...(short.length > 0 ? [short] : []), ...single],
        refused: refused.filter((text) => text !== '' && !text.includes('\n')).map((text) => [text]),
      }
    }
    case 'map': {
      const values = hostileTexts(parameter.rule)
      const keys = hostileTexts(parameter.keyRule)
      const key = parameter.keyRule.accepts[0]
      const value = parameter.rule.accepts[0]
      return {
        taken: [
          ...values.taken.map((text) => ({ [key]: text })),
          ...keys.taken.map((text) => ({ [text]: value })),
        ],
        refused: [
          ...values.refused.filter((text) => !text.includes('\n')).map((text) => ({ [key]: text })),
          ...keys.refused.filter((text) => !/[\n=]/.test(text)).map((text) => ({ [text]: value })),
        ],
      }
    }
    case 'choice':
      return { taken: [], refused: [...hostile] }
    case 'text':
      return { taken: [...hostile], refused: [] }
    case 'command':
      return { taken: [['true', ...hostile.filter((text) => text.length < 1000)]], refused: [] }
    default:
      return { taken: [], refused: [] }
  }
}
