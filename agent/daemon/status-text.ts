import { table } from '../../core/table.ts'
import { formatDuration, formatSize } from '../../core/units.ts'
import type { AgentStatus, SlotStatus } from '../control/protocol.ts'
import { formatSizeLabel } from '../labels/size.ts'

/** The state of this machine's daemon as people read it: a sentence or two, the slots, what waits, what happened lately. */
export function statusText(status: AgentStatus, nowMs: number): string {
  const parts = [
    `${lendingLine(status)}\n${doorLine(status, nowMs)}\n${controllerLine(status, nowMs)}\n${engineLine(status)}`,
    slotTable(status.slots, nowMs),
    list(
      'Waiting for other machines',
      status.waiting.map(({ title, reason }) => `${title}: ${reason}`),
    ),
    list(
      'Lately',
      status.events.slice(-shownEvents).map(({ atMs, text }) => `${clockOf(atMs)}  ${text}`),
    ),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

const shownEvents = 10

/** All of it in one line: `2 of 6 CPUs lent: laptop-ann-1 builds app #41 (2CPU2G, 3m)`. */
export function statusLine(status: AgentStatus, nowMs: number): string {
  const { total, used } = status.budget
  const builds = status.slots.filter(({ state }) => isWorking(state)).map((slot) => workOf(slot, nowMs))
  const lent = `${number(used.cpus)} of ${number(total.cpus)} CPUs lent`
  if (!status.controller.reachable) return `${lent}; ${status.controller.url} does not answer`
  if (status.engineTrouble !== undefined) return `${lent}; ${status.engineTrouble}`
  if (builds.length > 0) return `${lent}: ${builds.join(', ')}`
  return status.openness === 'open' ? `${lent}; waiting for builds` : `${lent}; ${whyClosed(status)}`
}

function lendingLine({ machine, budget: { total, used } }: AgentStatus): string {
  const cpus = `${number(used.cpus)} of ${number(total.cpus)} CPUs`
  const memory = `${used.memoryBytes === 0 ? 'none' : formatSize(used.memoryBytes)} of ${formatSize(total.memoryBytes)}`
  return `${machine} lends ${cpus} and ${memory}.`
}

function doorLine(status: AgentStatus, nowMs: number): string {
  const { openness, untilMs } = status
  const until = untilMs === undefined ? '' : ` for the next ${formatDuration(Math.max(0, untilMs - nowMs))}`
  if (openness === 'open') return `It takes builds${until}.`
  const change =
    untilMs === undefined ? '' : `; that changes in ${formatDuration(Math.max(0, untilMs - nowMs))}`
  const what =
    openness === 'finishing' ? 'It takes no more builds and lets those that run end' : 'It takes no builds'
  return `${what}: ${status.because}${change}.`
}

function controllerLine({ controller }: AgentStatus, nowMs: number): string {
  const { url, version, reachable, sinceMs, trouble } = controller
  const since = sinceMs === undefined ? '' : ` for ${formatDuration(Math.max(0, nowMs - sinceMs))}`
  if (reachable) return `In touch with ${url}${version ? `, Jenkins ${version}` : ''}${since}.`
  return `Not in touch with ${url}${since}: ${trouble ?? 'it does not answer'}. Running builds go on.`
}

function engineLine({ engineTrouble }: AgentStatus): string {
  return engineTrouble === undefined ? '' : `No containers can be started: ${engineTrouble}.\n`
}

function slotTable(slots: readonly SlotStatus[], nowMs: number): string {
  if (slots.length === 0) return ''
  const rows = slots.map((slot) => [
    slot.slot,
    slot.state,
    slot.size ? formatSizeLabel(slot.size) : '-',
    slot.template ?? '-',
    slot.sinceMs === undefined ? '-' : formatDuration(Math.max(0, nowMs - slot.sinceMs)),
    [slot.build, slot.note].filter((text) => text !== undefined).join('; '),
  ])
  return table(rows, ['slot', 'state', 'size', 'template', 'for', 'build'])
}

function list(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}:\n${lines.map((line) => `  ${line}\n`).join('')}`
}

function isWorking(state: SlotStatus['state']): boolean {
  return state === 'busy' || state === 'finishing' || state === 'starting'
}

function workOf({ slot, state, build, size, sinceMs }: SlotStatus, nowMs: number): string {
  const what = state === 'starting' ? 'starts' : `builds ${build ?? 'something it may not see'}`
  const details = [
    ...(size ? [formatSizeLabel(size)] : []),
    ...(sinceMs === undefined ? [] : [formatDuration(Math.max(0, nowMs - sinceMs))]),
  ]
  return `${slot} ${what}${details.length > 0 ? ` (${details.join(', ')})` : ''}`
}

function whyClosed({ openness, because }: AgentStatus): string {
  return `${openness === 'finishing' ? 'takes no more builds' : 'takes no builds'}: ${because}`
}

function number(value: number): string {
  return String(Number(value.toFixed(2)))
}

function clockOf(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8)
}
