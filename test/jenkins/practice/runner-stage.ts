import { systemClock } from '../../../core/clock.ts'
import { createLog } from '../../../core/log.ts'
import type {
  Build,
  BuildResult,
  JobDefinition,
  Lease,
  NodeRequest,
  PipelineStep,
  RunnerHost,
} from '../../../jenkins/practice/contract.ts'
import type { AgentLink, AgentTask, TaskListener } from '../../../jenkins/practice/link.ts'

/** A link whose agent does what the test says. */
export interface PlayedLink extends AgentLink {
  /** Tasks as they were handed over, newest last. */
  runs: AgentTask[]
  interrupted: string[]
  say(text: string): void
  end(exitCode: number | undefined): void
}

/** The runner's world in memory: nodes come, go and are deleted as the test says; executors are granted by hand. */
export interface Stage extends RunnerHost {
  /** Brings an agent onto a node, which may know tasks from before. */
  connect(node: string, tasks?: string[]): PlayedLink
  disconnect(node: string): void
  deleteNode(node: string): void
  makeNode(node: string): void
  requests: (NodeRequest & { withdrawn: boolean })[]
  /** Gives the oldest open request an executor. */
  grant(node: string): void
  why: string
  held: Lease[]
  finished: Map<Build, BuildResult>
  /** Lines of the host's log: a runner that fails writes there. */
  complaints: string[]
}

export function createStage(): Stage {
  const links = new Map<string, PlayedLink>()
  const nodes = new Set<string>()
  const linkListeners = new Set<Parameters<RunnerHost['onLink']>[0]>()
  const nodeListeners = new Set<Parameters<RunnerHost['onNode']>[0]>()
  const stage: Stage = {
    clock: systemClock,
    log: createLog({ sink: { write: (line) => stage.complaints.push(line) } }),
    rootUrl: 'http://jenkins.test/',
    link: (node) => links.get(node),
    nodeExists: (node) => nodes.has(node),
    onLink: (listener) => {
      linkListeners.add(listener)
      return () => linkListeners.delete(listener)
    },
    onNode: (listener) => {
      nodeListeners.add(listener)
      return () => nodeListeners.delete(listener)
    },
    requestNode: (request) => {
      const entry = { ...request, withdrawn: false }
      stage.requests.push(entry)
      const cancel = () => {
        entry.withdrawn = true
      }
      return { queueId: stage.requests.length, why: () => stage.why, cancel }
    },
    print: (build, text) => {
      build.console += text
    },
    finish: (build, result) => {
      build.building = false
      build.result = result
      stage.finished.set(build, result)
    },
    save: () => {},
    requests: [],
    why: 'There are no nodes with the label ‘nolabel’',
    held: [],
    finished: new Map(),
    complaints: [],
    connect: (node, tasks = []) => {
      nodes.add(node)
      const link = playedLink(node, tasks)
      links.set(node, link)
      for (const listener of [...linkListeners]) listener(node, link, '')
      return link
    },
    disconnect: (node) => {
      const link = links.get(node)
      links.delete(node)
      link?.close('Connection terminated')
      for (const listener of [...linkListeners]) listener(node, undefined, 'Connection terminated')
    },
    deleteNode: (node) => {
      nodes.delete(node)
      if (links.has(node)) stage.disconnect(node)
      for (const listener of [...nodeListeners]) listener(node, false)
    },
    makeNode: (node) => {
      nodes.add(node)
      for (const listener of [...nodeListeners]) listener(node, true)
    },
    grant: (node) => {
      const request = stage.requests.shift()
      if (!request) throw new Error('nobody asked for an executor')
      request.onGranted(stageLease(stage, node))
    },
  }
  return stage
}

export function stageLease(stage: Stage, node: string): Lease {
  const lease: Lease = {
    node,
    executor: 0,
    release: () => {
      stage.held.splice(stage.held.indexOf(lease), 1)
    },
  }
  stage.held.push(lease)
  return lease
}

function playedLink(node: string, known: string[]): PlayedLink {
  const listeners: TaskListener[] = []
  const onClosed: ((reason: string) => void)[] = []
  let seenBytes = 0
  const link: PlayedLink = {
    node,
    transport: 'websocket',
    remoteFs: '/home/jenkins/agent',
    tasks: known,
    runs: [],
    interrupted: [],
    run: (task, listener) => {
      link.runs.push(task)
      listeners.push(listener)
      seenBytes = task.seenBytes
    },
    interrupt: (id) => link.interrupted.push(id),
    close: (reason) => {
      for (const listener of onClosed) listener(reason)
    },
    onClosed: (listener) => onClosed.push(listener),
    say: (text) => {
      seenBytes += Buffer.byteLength(text)
      listeners.at(-1)?.onOutput(text, seenBytes)
    },
    end: (exitCode) => listeners.at(-1)?.onEnd(exitCode),
  }
  return link
}

export function pipelineBuild(steps: PipelineStep[], over: Partial<Build> = {}): Build {
  return newBuild({ kind: 'pipeline', script: '', steps, problem: undefined }, over)
}

export function newBuild(definition: JobDefinition, over: Partial<Build> = {}): Build {
  return {
    job: 'app',
    number: 1,
    queueId: 1,
    user: 'admin',
    definition,
    startedAtMs: 0,
    builtOn: undefined,
    building: true,
    result: undefined,
    durationMs: 0,
    console: '',
    progress: undefined,
    ...over,
  }
}

/** Turns of the event loop enough for everything that is ready to happen. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}
