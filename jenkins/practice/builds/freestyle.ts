import { randomInt } from 'node:crypto'
import type { Lease } from '../contract.ts'
import type { AgentLink } from '../link.ts'
import { type BuildRun, later, type Mishap, onAbort, say, until } from './build-run.ts'
import { buildEnvironment } from './workspaces.ts'

type Ending = { kind: 'exit'; code: number | undefined } | { kind: 'lost' } | { kind: 'stopped'; by: Mishap }

/** Runs the shells of a freestyle build one after the other. It depends on its connection: when that is lost, it fails at once. */
export async function runFreestyle(
  run: BuildRun,
  lease: Lease,
  scripts: readonly string[],
): Promise<Mishap | undefined> {
  const { node } = lease
  say(run, `Started by user ${run.build.user}`, 'Running as SYSTEM')
  const link = run.host.link(node)
  if (!link) return lost(run, node)
  const directory = run.workspaces.claim(node, run.build.job)
  try {
    const workspace = `${link.remoteFs}/${directory}`
    const env = buildEnvironment(run.build, run.host.rootUrl, { node, executor: lease.executor, workspace })
    say(run, `Building remotely on ${node} in workspace ${workspace}`)
    for (const [step, script] of scripts.entries()) {
      say(run, `[${run.build.job}] $ /bin/sh -xe /tmp/jenkins${randomInt(10 ** 12)}.sh`)
      const mishap = await runShell(run, link, { step, script, directory, env })
      if (mishap) return mishap
    }
    return undefined
  } finally {
    run.workspaces.free(node, directory)
  }
}

async function runShell(
  run: BuildRun,
  link: AgentLink,
  shell: { step: number; script: string; directory: string; env: Record<string, string> },
): Promise<Mishap | undefined> {
  const { step, ...task } = shell
  const id = `${run.build.job}#${run.build.number}/${step}-${randomInt(2 ** 32).toString(16)}`
  const ending = await until<Ending>(run, (resolve) => {
    let isOver = false
    let giveUp = () => {}
    link.onClosed(() => resolve({ kind: 'lost' }))
    link.run(
      { ...task, id, seenBytes: 0, durable: false },
      {
        onOutput: (text) => isOver || run.host.print(run.build, text),
        onEnd: (code) =>
          resolve(run.stop.aborted ? { kind: 'stopped', by: run.stop.reason } : { kind: 'exit', code }),
      },
    )
    const forgetStop = onAbort(run.stop, (by) => {
      link.interrupt(id)
      giveUp = later(run, run.timing.interruptMs, () => resolve({ kind: 'stopped', by }))
    })
    return () => {
      isOver = true
      forgetStop()
      giveUp()
    }
  })
  if (ending.kind === 'lost') return lost(run, link.node)
  if (ending.kind === 'stopped') {
    say(run, 'Build was aborted')
    return ending.by
  }
  if (ending.code === 0) return undefined
  say(run, "Build step 'Execute shell' marked build as failure")
  return { result: 'FAILURE', text: '' }
}

/** The first lines of what Jenkins 2.498 prints, without the stack traces. */
function lost(run: BuildRun, node: string): Mishap {
  if (run.host.nodeExists(node)) {
    say(run, 'FATAL: command execution failed', 'java.nio.channels.ClosedChannelException')
    say(run, `Caused: java.io.IOException: Backing channel '${node}' is disconnected.`)
    say(run, "Build step 'Execute shell' marked build as failure")
  } else {
    const message = `no longer a configured node for ${node}`
    say(run, `FATAL: ${message}`, `java.lang.IllegalStateException: ${message}`)
  }
  return { result: 'FAILURE', text: '' }
}
