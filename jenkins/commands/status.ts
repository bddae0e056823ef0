import { defineCommand, printResult } from '../../core/command.ts'
import { RemoteError } from '../../core/errors.ts'
import { table } from '../../core/table.ts'
import { formatDuration } from '../../core/units.ts'
import type { Sight } from '../health/health.ts'
import { homeMountOf } from '../recipe/home-mount.ts'
import type { News, TransactionSummary, UpgradeOptions } from '../upgrade/contract.ts'
import { type Doors, realDoors } from './doors.ts'
import { type Opened, openController } from './open.ts'

/** `footman jenkins status`. Tests put other rooms behind the doors. */
export const statusCommand = (doors: Doors) =>
  defineCommand({
    examples: [
      { line: 'footman jenkins status', explains: 'what runs, what is new, and how the last upgrades went' },
      { line: 'footman jenkins status --json', explains: 'the same for programs' },
    ],
    reads: true,
    async run(context) {
      const opened = await openController(context, doors)
      const status = await readStatus(opened, doors, context.signal)
      printResult(context, status, () => statusText(status, doors.clock.now()))
    },
  })

export const command = statusCommand(realDoors)

/** Null is what nobody knows. */
interface Status {
  controller: string
  container: News['container']
  state: Sight['state'] | null
  version: string | null
  image: string
  /** Null for an image that was made on this machine. */
  digest: string | null
  imageId: string | null
  news: News
  home: string
  /** The one that was not brought to its end, if any. */
  unfinished: TransactionSummary | null
  /** Newest first. */
  transactions: TransactionSummary[]
}

const shownTransactions = 5

async function readStatus(
  { settings, host, options }: Opened,
  doors: Doors,
  signal: AbortSignal,
): Promise<Status> {
  const { name, image, home } = settings
  const [container, news, transactions] = await Promise.all([
    host.inspect(name, signal),
    lookForNews(options, doors),
    doors.history(options),
  ])
  const isRunning = container?.State.Running === true
  const sight = isRunning ? await doors.probeOf(host, name, settings).look(signal) : undefined
  return {
    controller: name,
    container: news.container,
    state: sight?.state ?? null,
    version: (sight && 'version' in sight ? sight.version : news.running?.version) ?? null,
    image,
    digest: news.running?.digest ?? null,
    imageId: news.running?.imageId ?? null,
    news,
    home: (container && homeMountOf(container)?.source) ?? home,
    unfinished: transactions.find(({ endedAtMs }) => endedAtMs === undefined) ?? null,
    transactions: transactions.slice(0, shownTransactions),
  }
}

/** A registry that does not answer is no reason to tell nothing of what runs here. */
async function lookForNews(options: UpgradeOptions, doors: Doors): Promise<News> {
  try {
    return await doors.whatsNew(options)
  } catch (error) {
    const { host, settings, signal } = options
    if (!(error instanceof RemoteError)) throw error
    const container = await host.inspect(settings.name, signal)
    return {
      container: container ? (container.State.Running === true ? 'running' : 'stopped') : 'missing',
      running: undefined,
      newest: undefined,
      verdict: 'unknown',
      failedBefore: undefined,
      reason: error.message,
    }
  }
}

function statusText(status: Status, nowMs: number): string {
  const { container, image, digest, imageId, news, home, unfinished, transactions } = status
  const { failedBefore } = news
  const rows = [
    ['controller', controllerText(status)],
    ['image', joined(image, digest ?? imageId)],
    ['newest', joined(news.newest?.digest ?? news.newest?.imageId, `${news.verdict}: ${news.reason}`)],
    failedBefore && ['failed', `${ago(failedBefore.atMs, nowMs)}: ${failedBefore.reason}`],
    ['home', home],
    unfinished && ['unfinished', `${unfinished.kind} ${unfinished.transaction}, in ${unfinished.phase}`],
    unfinished && ['next', 'footman jenkins recover'],
    container === 'missing' && ['next', 'footman jenkins up'],
  ]
  const known = rows.filter((row) => Array.isArray(row))
  return joined(table(known), transactionsText(transactions, nowMs), '\n')
}

function controllerText({ controller, container, version, state }: Status): string {
  if (container !== 'running') return `${controller}, ${container}`
  return `${controller}, running: ${joined('Jenkins', version)}, ${stateTexts[state ?? 'silent']}`
}

/** What is known of the two, with a blank in between unless told otherwise. */
function joined(one: string | null | undefined, other: string | null | undefined, by = ' '): string {
  return [one, other].filter(Boolean).join(by)
}

const stateTexts: Record<Sight['state'], string> = {
  up: 'healthy',
  closed: 'up, but the account of jenkins.yaml is refused',
  wizard: 'waits for its first login',
  loading: 'starting',
  silent: 'does not answer',
  broken: 'failed to start',
  dead: 'not running',
}

function transactionsText(transactions: readonly TransactionSummary[], nowMs: number): string {
  if (transactions.length === 0) return ''
  const rows = transactions.map(({ transaction, kind, startedAtMs, outcome, from, to, reason }) => [
    transaction,
    ago(startedAtMs, nowMs),
    kind,
    [from?.version, to?.version].filter(Boolean).join(' > ') || '-',
    outcome ?? 'unfinished',
    reason ?? '',
  ])
  return table(rows, ['transaction', 'began', 'kind', 'versions', 'outcome', 'reason'])
}

function ago(ms: number, nowMs: number): string {
  return `${formatDuration(Math.max(0, nowMs - ms))} ago`
}
