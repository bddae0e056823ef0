import { UserError } from '../../core/errors.ts'
import type { PipelineStep } from './contract.ts'
import { type Token, tokenizeGroovy } from './groovy-tokens.ts'

/**
 * The small part of Pipeline that the practice controller plays: `node`, `stage`, `parallel`, `sh`, `echo`, `sleep`, `error`, and
 * declarative `pipeline { agent … stages … }` of the same. Anything else is told in `problem`, with its line.
 */
export function parsePipeline(script: string): { steps: PipelineStep[]; problem: string | undefined } {
  try {
    const tokens = new Cursor(tokenizeGroovy(script))
    const steps = tokens.is('pipeline') ? declarative(tokens) : body(tokens, 'end')
    return { steps, problem: undefined }
  } catch (error) {
    if (error instanceof UserError) return { steps: [], problem: error.message }
    throw error
  }
}

class Cursor {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  /** Whether the next token is this word or sign. */
  is(text: string): boolean {
    const token = this.#peek()
    return token.kind !== 'string' && token.text === text
  }

  accept(text: string): boolean {
    if (!this.is(text)) return false
    this.#at++
    return true
  }

  expect(text: string): void {
    if (!this.accept(text)) this.fail(`expected '${text}'`)
  }

  next(kind: Token['kind'], wanted: string): string {
    const token = this.#peek()
    if (token.kind !== kind) this.fail(`expected ${wanted}`)
    this.#at++
    return token.text
  }

  /** `name:` in front of a value or a branch; quoted or not. */
  key(): string | undefined {
    const [name, colon] = [this.#peek(), this.#tokens[this.#at + 1]]
    if (name.kind !== 'word' && name.kind !== 'string') return undefined
    if (colon?.kind !== 'sign' || colon.text !== ':') return undefined
    this.#at += 2
    return name.text
  }

  fail(what: string): never {
    const token = this.#peek()
    const found = token.kind === 'end' ? 'the end' : `'${token.text}'`
    throw new UserError(`WorkflowScript: ${token.line}: the practice controller ${what}, found ${found}`)
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: 'end', line: 0 }
  }
}

function block(tokens: Cursor): PipelineStep[] {
  tokens.expect('{')
  return body(tokens, '}')
}

function body(tokens: Cursor, close: '}' | 'end'): PipelineStep[] {
  const steps: PipelineStep[] = []
  while (!tokens.accept(close)) {
    if (!tokens.accept(';')) steps.push(step(tokens))
  }
  return steps
}

function step(tokens: Cursor): PipelineStep {
  if (tokens.accept('node')) return { kind: 'node', label: optionalText(tokens), body: block(tokens) }
  if (tokens.accept('stage')) return { kind: 'stage', name: text(tokens), body: block(tokens) }
  if (tokens.accept('parallel')) return { kind: 'parallel', branches: branches(tokens) }
  if (tokens.accept('sh')) return { kind: 'sh', script: text(tokens, 'script') }
  if (tokens.accept('echo')) return { kind: 'echo', message: text(tokens, 'message') }
  if (tokens.accept('error')) return { kind: 'error', message: text(tokens, 'message') }
  if (tokens.accept('sleep')) return { kind: 'sleep', seconds: sleepSeconds(tokens) }
  return tokens.fail('plays only node, stage, parallel, sh, echo, sleep and error')
}

/** `'x'`, `('x')` or `(script: 'x')`. */
function text(tokens: Cursor, name?: string): string {
  const inParentheses = tokens.accept('(')
  const key = tokens.key()
  if (key !== undefined && key !== name && key !== 'label') tokens.fail(`does not know '${key}:' here`)
  const value = tokens.next('string', 'a text')
  if (inParentheses) tokens.expect(')')
  return value
}

function optionalText(tokens: Cursor): string {
  if (tokens.is('{')) return ''
  if (!tokens.accept('(')) return text(tokens)
  if (tokens.accept(')')) return ''
  const value = text(tokens)
  tokens.expect(')')
  return value
}

const unitSeconds: Record<string, number> = { MILLISECONDS: 0.001, SECONDS: 1, MINUTES: 60, HOURS: 3600 }

/** `5`, `(5)` or `(time: 5, unit: 'SECONDS')`. */
function sleepSeconds(tokens: Cursor): number {
  const inParentheses = tokens.accept('(')
  let seconds = 0
  let unit = 1
  do {
    if (tokens.key() === 'unit') {
      const name = tokens.next('string', 'a unit')
      unit = unitSeconds[name] ?? tokens.fail('knows MILLISECONDS, SECONDS, MINUTES and HOURS')
    } else seconds = Number(tokens.next('number', 'a number'))
  } while (tokens.accept(','))
  if (inParentheses) tokens.expect(')')
  return seconds * unit
}

/** `parallel(a: { … }, b: { … })`, with or without parentheses or brackets. */
function branches(tokens: Cursor): { name: string; body: PipelineStep[] }[] {
  const close = [tokens.accept('(') && ')', tokens.accept('[') && ']'].filter((sign) => sign !== false)
  const found: { name: string; body: PipelineStep[] }[] = []
  do {
    const name = tokens.key() ?? tokens.fail('expected the name of a branch')
    if (name === 'failFast') tokens.next('word', 'true or false')
    else found.push({ name, body: block(tokens) })
  } while (tokens.accept(','))
  for (const sign of close.reverse()) tokens.expect(sign)
  return found
}

function declarative(tokens: Cursor): PipelineStep[] {
  tokens.expect('pipeline')
  tokens.expect('{')
  tokens.expect('agent')
  const place = agent(tokens)
  tokens.expect('stages')
  const steps = stages(tokens)
  tokens.expect('}')
  tokens.expect('end')
  return onNode(place, steps)
}

/** The label of `agent`; undefined for `none`. */
function agent(tokens: Cursor): string | undefined {
  if (tokens.accept('none')) return undefined
  if (tokens.accept('any')) return ''
  tokens.expect('{')
  const inNode = tokens.accept('node')
  if (inNode) tokens.expect('{')
  tokens.expect('label')
  const label = text(tokens)
  if (inNode) tokens.expect('}')
  tokens.expect('}')
  return label
}

function stages(tokens: Cursor): PipelineStep[] {
  const found: PipelineStep[] = []
  tokens.expect('{')
  while (!tokens.accept('}')) {
    tokens.expect('stage')
    const name = text(tokens)
    tokens.expect('{')
    const place = tokens.accept('agent') ? agent(tokens) : undefined
    const inner = stageBody(tokens)
    tokens.expect('}')
    found.push({ kind: 'stage', name, body: onNode(place, inner) })
  }
  return found
}

function stageBody(tokens: Cursor): PipelineStep[] {
  if (tokens.accept('steps')) return block(tokens)
  if (tokens.accept('stages')) return stages(tokens)
  if (!tokens.accept('parallel')) tokens.fail('expected steps, stages or parallel')
  const inner = stages(tokens)
  const named = inner.flatMap((item) => (item.kind === 'stage' ? [{ name: item.name, body: [item] }] : []))
  return [{ kind: 'parallel', branches: named }]
}

function onNode(label: string | undefined, steps: PipelineStep[]): PipelineStep[] {
  return label === undefined ? steps : [{ kind: 'node', label, body: steps }]
}
