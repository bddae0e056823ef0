import { evaluates } from '../../agent/labels/evaluate.ts'
import type { LabelExpression } from '../../agent/labels/expression.ts'
import { parseLabelExpression } from '../../agent/labels/parse.ts'
import type { Bench, Figure } from './bench.ts'
import { rates } from './sampling.ts'

const node = new Set(['linux', 'docker', '4CPU8G', 'arm64', 'laptop-ann'])

/** Of every kind that Jenkins' grammar knows. */
const valid = [
  '4CPU8G',
  'linux&&docker',
  'linux && !windows',
  'windows || linux && arm64',
  '(windows||linux)&&amd64',
  '4CPU8G||8CPU16G',
  '!windows',
  '!(!linux)',
  'windows -> gpu',
  'linux->gpu',
  'windows<->gpu',
  '(linux->docker)->arm64',
  '"4CPU 8G"',
  '!linux->windows',
  'laptop-ann',
  'linux<->docker<->windows',
]

/** To be refused: the error says where and why, which takes longer than an answer. */
const invalid = ['!!linux', 'linux->docker->arm64', 'linux docker', "'linux'"]

const all = [...valid, ...invalid]

/** How fast expressions are read and answered, beside the two obvious other ways. */
export const labels: Bench = {
  name: 'labels',
  needsEngine: false,
  async run({ say }) {
    say(`${all.length} label expressions, read and evaluated over and over`)
    const parsed = valid.map(parsedOrNot)
    const rate = rates(
      {
        allParsed: () => all.map((text) => answer(parsedOrNot(text))),
        allCompiled: () => all.map(compiledAnswer),
        validParsed: () => valid.map((text) => answer(parsedOrNot(text))),
        validCompiled: () => valid.map(compiledAnswer),
        kept: () => parsed.map(answer),
      },
      { rounds: 5, roundMs: 300 },
    )
    const compiled = 'a regular expression and new Function'
    const figure = (what: string, value: number, baseline: Figure['baseline']) => ({
      what,
      value,
      unit: 'expressions/s',
      ...(baseline && { baseline }),
    })
    const parsedRate = rate.validParsed * valid.length
    return [
      figure(`parse and evaluate, ${valid.length} valid expressions`, parsedRate, {
        what: compiled,
        value: rate.validCompiled * valid.length,
      }),
      figure(`... with ${invalid.length} that are refused`, rate.allParsed * all.length, {
        what: compiled,
        value: rate.allCompiled * all.length,
      }),
      figure('evaluate, parsed before', rate.kept * valid.length, {
        what: 'parsed each time',
        value: parsedRate,
      }),
    ]
  },
}

function parsedOrNot(text: string): LabelExpression | undefined {
  try {
    return parseLabelExpression(text)
  } catch {
    return undefined
  }
}

function answer(expression: LabelExpression | undefined): boolean | undefined {
  return expression && evaluates(expression, node)
}

/** What one might do without a parser: turn the text into JavaScript. It takes chained arrows for an expression. */
function compiledAnswer(text: string): boolean | undefined {
  const script = text
    .replace(/"[^"]*"|[^\s&|!<>()"-]+(?:-[^\s&|!<>()"-]+)*/g, (atom) => `has("${atom.replaceAll('"', '')}")`)
    .replaceAll('<->', '===')
    .replaceAll('->', '<=')
  try {
    return new Function('has', `return ${script}`)((name: string) => node.has(name))
  } catch {
    return undefined
  }
}
