import { formatSize } from '../../core/units.ts'
import { checkAgentConfig } from '../config/check.ts'
import { budgetOf } from '../hardware.ts'
import { decideOpenness } from '../policy/decide.ts'
import { parseHours } from '../policy/hours.ts'
import type { Size } from '../world.ts'
import { type CheckOutcome, fail, ok, skipped, warn } from './check.ts'
import type { PreflightOptions } from './options.ts'

/** Whether what is to be lent is there: CPUs, memory and disk, and room in them for every template. */
export function checkCapacity({
  config,
  hardware,
  readings,
  nowMs = Date.now,
}: PreflightOptions): CheckOutcome[] {
  const budget = budgetOf(config.machine, hardware)
  const findings = checkAgentConfig(config, hardware).map(({ severity, path, message, hint }) =>
    (severity === 'error' ? fail : warn)(path, message, hint),
  )
  const isThere = !findings.some(({ name, result }) => name.startsWith('machine.') && result === 'fail')
  const lends = `${share(budget, hardware)}, in at most ${config.machine.slots} containers at a time`
  return [
    ...findings,
    ...(isThere ? [ok('capacity', `lends ${lends}`)] : []),
    checkDisk({ config, readings }),
    ...checkPolicy({ config, readings, nowMs: nowMs() }),
  ]
}

function share(budget: Size, hardware: Size): string {
  return `${budget.cpus} of ${hardware.cpus} CPUs and ${formatSize(budget.memoryBytes)} of ${formatSize(hardware.memoryBytes)}`
}

function checkDisk({ config, readings }: Pick<PreflightOptions, 'config' | 'readings'>): CheckOutcome {
  const { freeDiskBytes } = readings
  const { minFreeDisk } = config.policy
  if (!freeDiskBytes.known) return skipped('disk', freeDiskBytes.why)
  const free = formatSize(freeDiskBytes.value)
  if (freeDiskBytes.value >= minFreeDisk) return ok('disk', `${free} free`)
  return fail(
    'disk',
    `${free} free, less than the ${formatSize(minFreeDisk)} of policy.minFreeDisk: no build would be taken`,
    'free some space, e.g. with `docker system prune`, or lower policy.minFreeDisk',
  )
}

interface PolicyQuestion extends Pick<PreflightOptions, 'config' | 'readings'> {
  nowMs: number
}

/** What the owner's policy says of this very moment, and which parts of it cannot be kept here. */
function checkPolicy({ config, readings, nowMs }: PolicyQuestion): CheckOutcome[] {
  const { policy } = config
  const { openness, because, doubts } = decideOpenness({
    policy,
    hours: policy.hours.map(parseHours),
    readings,
    wish: { mode: 'run' },
    nowMs,
    memory: {},
  })
  const now =
    openness === 'open'
      ? ok('policy', 'builds are welcome now')
      : warn('policy', `no builds are taken now: ${because}`, 'wait, or change policy in agent.yaml')
  return [now, ...doubts.map((doubt) => skipped('policy', doubt))]
}
