import { parseArgs } from 'node:util'
import { connectDocker } from '../../core/docker.ts'
import { messageOf } from '../../core/errors.ts'
import { type PracticeStage, practiceStage } from '../e2e/practice-stage.ts'
import { type Bench, isMissed, type Workbench } from './bench.ts'
import { cutover } from './cutover.ts'
import { growth } from './growth.ts'
import { idle } from './idle.ts'
import { labels } from './labels.ts'
import { library } from './library.ts'
import { promotion } from './promotion.ts'
import { reaction } from './reaction.ts'
import { reconciliation } from './reconcile.ts'
import { type Measured, reportJson, reportText } from './report.ts'
import { transfer } from './transfer.ts'
import { upgrades } from './upgrade.ts'

/**
 * `npm run bench [-- name…] [-- --json]`: measures what footman promises, compares it with other means in the same run, and ends
 * with 1 when a target is missed. The figures go to stdout, what is being done to stderr.
 */
const benches: readonly Bench[] = [
  labels,
  reconciliation,
  idle,
  reaction,
  growth,
  library,
  cutover,
  upgrades,
  promotion,
  transfer,
]

const cleanUps: (() => Promise<unknown>)[] = []
let stage: Promise<PracticeStage> | undefined

const workbench: Workbench = {
  say: (text) => void process.stderr.write(`  ${text}\n`),
  stage: () => {
    stage ??= practiceStage()
    return stage
  },
  defer: (work) => void cleanUps.push(work),
}

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => void cleanUp().finally(() => process.exit(exitCode)))
}
process.exitCode = await main()

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  })
  const chosen = benches.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  const unknown = positionals.filter((name) => !chosen.some((bench) => bench.name === name))
  if (unknown.length > 0) {
    process.stderr.write(
      `no benchmark is called ${unknown.join(' or ')}: ${benches.map(({ name }) => name).join(', ')}\n`,
    )
    return 2
  }
  const measured = await measureAll(chosen)
  process.stdout.write(values.json ? reportJson(measured) : reportText(measured))
  return measured.some(({ figures, failure }) => failure || figures.some(isMissed)) ? 1 : 0
}

async function measureAll(chosen: readonly Bench[]): Promise<Measured[]> {
  const measured: Measured[] = []
  const noEngine = chosen.some(({ needsEngine }) => needsEngine) ? await whyNoEngine() : undefined
  try {
    for (const bench of chosen) {
      process.stderr.write(`${bench.name}\n`)
      if (bench.needsEngine && noEngine !== undefined) {
        measured.push({ bench: bench.name, figures: [], leftOut: noEngine })
        continue
      }
      measured.push({ bench: bench.name, ...(await attempt(bench)) })
      await cleanUpBench()
    }
  } finally {
    await cleanUp()
  }
  return measured
}

async function attempt(bench: Bench): Promise<Omit<Measured, 'bench'>> {
  try {
    return { figures: await bench.run(workbench) }
  } catch (error) {
    return { figures: [], failure: messageOf(error) }
  }
}

async function whyNoEngine(): Promise<string | undefined> {
  try {
    await connectDocker()
    return undefined
  } catch (error) {
    return messageOf(error).split('\n')[0]
  }
}

/** All of it, even if some fails. */
async function cleanUpBench(): Promise<void> {
  for (let work = cleanUps.pop(); work; work = cleanUps.pop()) {
    await work().catch((error: unknown) => process.stderr.write(`  left behind: ${messageOf(error)}\n`))
  }
}

async function cleanUp(): Promise<void> {
  await cleanUpBench()
  const used = stage
  stage = undefined
  // A stage that could not be set was complained about already.
  await (await used?.catch(() => undefined))?.close()
}
