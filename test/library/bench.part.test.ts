import { readFile, rm, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shippedFile } from '../../core/package.ts'
import { steps } from '../../library/registry.ts'
import { fakes } from './fakes/registry.ts'
import { type BenchResult, runBench } from './harness/bench.ts'
import { writeTestLibrary } from './harness/groovy.ts'

/** FOOTMAN_TEST_GOLDEN=write stores the call stacks instead of comparing them; FOOTMAN_TEST_STEP=withX is about one step. */
const { FOOTMAN_TEST_GOLDEN: golden, FOOTMAN_TEST_STEP: only } = process.env
const isWriting = golden === 'write'

const names = steps.map(({ name }) => name).filter((name) => !only || name === only)
const resultsOf = new Map<string, BenchResult[]>()
let library = ''

// They wait more than they work: each abort gives what runs the time to end.
const atATime = 4

beforeAll(async () => {
  library = await writeTestLibrary()
  const queue = [...names]
  const work = async () => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
      const name = step
      const { tools, cases } = fakes[name] ?? { tools: {}, cases: [] }
      resultsOf.set(
        name,
        await runBench(
          library,
          cases.map((item) => ({ ...item, step: name, tools, aborts: true })),
        ),
      )
    }
  }
  await Promise.all(Array.from({ length: atATime }, work))
}, 900_000)

afterAll(() => rm(library, { recursive: true, force: true }))

describe.each(names)('%s, with stand-ins for its tools', (step) => {
  it('calls the steps of Jenkins and its tools in the order that was stored', async () => {
    const path = shippedFile(`test/library/golden/${step}.txt`)
    const stack = (resultsOf.get(step) ?? [])
      .filter(({ moment }) => moment === 'end')
      .map(({ title, ended, calls, tools, kept }) =>
        [`# ${title}: ${ended}`, ...calls, ...tools.map((line) => `$ ${line.trimEnd()}`), ...kept, '']
          .map(normal)
          .join('\n'),
      )
      .join('\n')
    if (isWriting) await writeFile(path, stack)
    expect(stack).toBe(
      await readFile(path, 'utf8').catch(() => 'nothing is stored: FOOTMAN_TEST_GOLDEN=write'),
    )
  })

  it('leaves nothing behind and hides no abort, wherever the build is aborted', () => {
    const results = resultsOf.get(step) ?? []
    const aborted = results.filter(({ moment }) => moment !== 'end')
    expect(aborted.length).toBeGreaterThan(0)
    const nothing = { held: [], temporary: [], processes: [] }
    const bad = results.filter(({ left }) => JSON.stringify(left) !== JSON.stringify(nothing))
    expect(bad.map(({ title, moment, left }) => ({ title, moment, left }))).toEqual([])
    const hidden = aborted.filter(({ ended }) => !ended.startsWith('FlowInterruptedException'))
    expect(hidden.map(({ title, moment, ended }) => ({ title, moment, ended }))).toEqual([])
  })
})

/** Without what differs from run to run. */
function normal(line: string): string {
  return line
    .replaceAll(/\/[^ :]*\/groovy-generated-[^/ ]+\/workspace/g, 'WS')
    .replaceAll(/\/[^ :]*\/groovy-generated-[^/ ]+/g, 'FOLDER')
    .replaceAll(/[0-9a-f]{12}/g, 'ID')
    .replaceAll(/\b[0-9]+ (ms|s)\b/g, 'N $1')
}
