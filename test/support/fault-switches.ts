import { RemoteError } from '../../core/errors.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'

export type Method = Exclude<keyof Jenkins, 'url' | 'seen'>

/** The rights of an account over agents, as Jenkins' permission ids end. */
export type AgentRight = 'Create' | 'Configure' | 'Connect' | 'Disconnect' | 'Delete'

const rightOf: Partial<Record<Method, AgentRight>> = {
  createNode: 'Create',
  updateNode: 'Configure',
  inboundSecret: 'Connect',
  clearOffline: 'Connect',
  nodeLog: 'Connect',
  markOffline: 'Disconnect',
  disconnect: 'Disconnect',
  deleteNode: 'Delete',
}

interface Fault {
  error: unknown
  timesLeft: number
  /** The request is carried out, but its answer is lost. */
  after: boolean
}

/** What can go wrong between a client and its controller, to be switched on and off in tests. */
export abstract class FaultSwitches {
  /** Every request, oldest first: the method and its first argument, e.g. `createNode laptop-1`. */
  readonly calls: string[] = []
  /** What the account may not do. */
  readonly denied = new Set<AgentRight>()
  readonly #faults = new Map<Method, Fault>()
  readonly #hanging = new Set<Method>()
  #away = false

  /** Calls of a method fail from now on; only the next ones when `times` is given. */
  fail(method: Method, error: unknown, options: { times?: number; after?: boolean } = {}): void {
    const { times = Number.POSITIVE_INFINITY, after = false } = options
    this.#faults.set(method, { error, timesLeft: times, after })
  }

  /** Calls of a method are not answered until their signal aborts. */
  hang(method: Method): void {
    this.#hanging.add(method)
  }

  /** Every call fails as if nothing listened at the address, until `heal()`. */
  goAway(): void {
    this.#away = true
  }

  /** Ends the faults of one method, or of all. */
  heal(method?: Method): void {
    if (method) {
      this.#faults.delete(method)
      this.#hanging.delete(method)
      return
    }
    this.#faults.clear()
    this.#hanging.clear()
    this.#away = false
  }

  /** One request: recorded, then refused, lost or carried out as the switches stand. */
  protected async answer<T>(
    method: Method,
    argument: string,
    signal: AbortSignal | undefined,
    effect: () => T,
  ): Promise<T> {
    signal?.throwIfAborted()
    this.calls.push(argument ? `${method} ${argument}` : method)
    if (this.#hanging.has(method)) await aborted(signal)
    if (this.#away) throw new RemoteError('unreachable', 'connect ECONNREFUSED jenkins.test:80')
    const right = rightOf[method]
    if (right && this.denied.has(right)) throw forbidden(right)
    const fault = this.#faults.get(method)
    const isFailing = fault !== undefined && fault.timesLeft > 0
    if (isFailing) fault.timesLeft--
    if (isFailing && !fault.after) throw fault.error
    const result = effect()
    if (isFailing) throw fault.error
    this.noteAnswer()
    return result
  }

  /** An answer has arrived. */
  protected abstract noteAnswer(): void
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** A 403 as Jenkins words it. */
function forbidden(right: AgentRight): RemoteError {
  return new RemoteError('forbidden', `ann is missing the Agent/${right} permission`, {
    status: 403,
    permission: `hudson.model.Computer.${right}`,
  })
}
