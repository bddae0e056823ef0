import type { Clock } from '../../core/clock.ts'
import { idleExecutors, openExecutors, visibleComputers } from './computers.ts'
import type { Build, NodeRequest, NodeTicket, Runner } from './contract.ts'
import { readLabel } from './label.ts'
import { occupy } from './nodes.ts'
import type { Computer, Job, QueueItem, QueueTask, State } from './state.ts'
import { blockage, labelText, refusal, viewQueue } from './why.ts'

/** Items that left can be asked for this long (jenkinsci/jenkins Queue.java). */
const leftItemsStayMs = 5 * 60_000

type JobTask = Extract<QueueTask, { kind: 'job' }>

/**
 * The queue of one boot: lets items in, and gives them executors as soon as there is one that takes them. It looks again after
 * every event of the state, once all that belongs to the event is done.
 */
export class Scheduler {
  readonly #state: State
  readonly #clock: Clock
  readonly #runner: () => Runner
  readonly #ended = new AbortController()
  readonly #stopListening: () => void
  #isDue = false
  #wakeAtMs = Number.POSITIVE_INFINITY

  constructor(options: { state: State; clock: Clock; runner: () => Runner }) {
    this.#state = options.state
    this.#clock = options.clock
    this.#runner = options.runner
    this.#stopListening = options.state.on((event) => {
      if (event.kind !== 'build' || event.change !== 'progress') this.#lookSoon()
    })
    this.#lookSoon()
  }

  /** Queues a build. A job that waits already is not queued twice, but its quiet period may get shorter. */
  schedule(job: Job, request: { user: string; delayMs: number }): QueueItem {
    const known = [...this.#state.queue.values()].find(
      (item) => item.stage !== 'left' && item.task.kind === 'job' && item.task.job === job,
    )
    if (!known) return this.#enter({ kind: 'job', job, user: request.user }, request.delayMs)
    known.quietUntilMs = Math.min(known.quietUntilMs, this.#clock.now() + request.delayMs)
    this.#lookSoon()
    return known
  }

  requestNode(request: NodeRequest): NodeTicket {
    const { build, label, onGranted, onCancelled } = request
    const item = this.#enter({ kind: 'step', build, label, granted: onGranted, cancelled: onCancelled }, 0)
    return {
      queueId: item.id,
      why: () => viewQueue(this.#state, this.#clock.now()).why(item) ?? undefined,
      cancel: () => {
        if (item.stage !== 'left') this.#leave(item, undefined)
      },
    }
  }

  /** Takes an item out as somebody's wish. */
  cancel(item: QueueItem): void {
    if (item.stage === 'left') return
    this.#leave(item, undefined)
    if (item.task.kind === 'step') item.task.cancelled()
  }

  /** Ends its timers; nothing is assigned any more. */
  close(): void {
    this.#stopListening()
    this.#ended.abort()
  }

  #lookSoon(): void {
    if (this.#isDue || this.#ended.signal.aborted) return
    this.#isDue = true
    queueMicrotask(() => {
      this.#isDue = false
      if (!this.#ended.signal.aborted) this.#look()
    })
  }

  #look(): void {
    const now = this.#clock.now()
    for (const item of this.#state.queue.values()) {
      if (item.stage !== 'left') this.#promote(item, now)
      else if (now - (item.left?.atMs ?? now) > leftItemsStayMs) this.#state.queue.delete(item.id)
    }
    if (!this.#state.quietDown) this.#assignExecutors()
    this.#wakeWhenQuietPeriodEnds()
  }

  /** Moves an item from waiting to blocked to buildable. A Pipeline itself needs no executor and starts at once. */
  #promote(item: QueueItem, now: number): void {
    const { task } = item
    if (item.stage === 'waiting') {
      if (item.quietUntilMs > now) return
      item.buildableSinceMs = now
      item.stage = 'blocked'
    }
    if (item.stage === 'blocked') {
      if (task.kind === 'job' && blockage(this.#state, task.job, now)) return
      item.stage = 'buildable'
    }
    if (task.kind === 'job' && task.job.definition.kind === 'pipeline') this.#startBuild(item, task)
  }

  #assignExecutors(): void {
    let offers = visibleComputers(this.#state).filter((computer) => openExecutors(computer) > 0)
    for (const item of this.#state.queue.values()) {
      if (offers.length === 0) return
      if (item.stage !== 'buildable') continue
      const label = readLabel(labelText(item))
      const takers = offers.filter((computer) => !refusal(computer, label))
      const best = takers.sort((a, b) => idleExecutors(b) - idleExecutors(a))[0]
      if (!best) continue
      this.#give(item, best)
      offers = offers.filter((computer) => openExecutors(computer) > 0)
    }
  }

  #give(item: QueueItem, computer: Computer): void {
    const { task } = item
    if (task.kind === 'job') {
      this.#startBuild(item, task, computer)
      return
    }
    this.#leave(item, task.build)
    const sinceMs = this.#clock.now()
    task.granted(occupy(this.#state, computer, { build: task.build, isStep: true, sinceMs }))
  }

  #startBuild(item: QueueItem, task: JobTask, computer?: Computer): void {
    const build = newBuild(item, task, { builtOn: computer?.name, now: this.#clock.now() })
    task.job.builds.push(build)
    task.job.nextBuild++
    const occupant = { build, isStep: false, sinceMs: build.startedAtMs }
    const lease = computer && occupy(this.#state, computer, occupant)
    this.#leave(item, build)
    this.#state.emit({ kind: 'build', job: build.job, number: build.number, change: 'started' })
    this.#runner().start(build, lease)
  }

  #enter(task: QueueTask, delayMs: number): QueueItem {
    const now = this.#clock.now()
    const item: QueueItem = {
      id: this.#state.nextQueueId++,
      task,
      inQueueSinceMs: now,
      stage: 'waiting',
      quietUntilMs: now + delayMs,
      buildableSinceMs: now,
      left: undefined,
    }
    this.#state.queue.set(item.id, item)
    this.#state.emit({ kind: 'queue', id: item.id, change: 'entered' })
    return item
  }

  /** Leaves for a build, or, without one, cancelled. */
  #leave(item: QueueItem, build: Build | undefined): void {
    item.stage = 'left'
    item.left = { atMs: this.#clock.now(), build }
    this.#state.emit({ kind: 'queue', id: item.id, change: 'left' })
  }

  #wakeWhenQuietPeriodEnds(): void {
    const waiting = [...this.#state.queue.values()].filter((item) => item.stage === 'waiting')
    const nextMs = Math.min(...waiting.map((item) => item.quietUntilMs))
    if (nextMs >= this.#wakeAtMs) return
    this.#wakeAtMs = nextMs
    const wake = () => {
      this.#wakeAtMs = Number.POSITIVE_INFINITY
      this.#lookSoon()
    }
    const pauseMs = Math.max(1, nextMs - this.#clock.now())
    this.#clock.sleep(pauseMs, this.#ended.signal).then(wake, () => undefined)
  }
}

function newBuild(item: QueueItem, task: JobTask, at: { builtOn: string | undefined; now: number }): Build {
  return {
    job: task.job.name,
    number: task.job.nextBuild,
    queueId: item.id,
    user: task.user,
    definition: task.job.definition,
    startedAtMs: at.now,
    builtOn: at.builtOn,
    building: true,
    result: undefined,
    durationMs: 0,
    console: '',
    progress: undefined,
  }
}
