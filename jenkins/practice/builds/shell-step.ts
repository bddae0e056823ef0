import { randomBytes } from 'node:crypto'
import type { AgentLink } from '../link.ts'
import { later, type Mishap, onAbort, say, until } from './build-run.ts'
import { failure, type Scope } from './scope.ts'
import { buildEnvironment, type Place } from './workspaces.ts'

const noNode = `Required context class hudson.FilePath is missing
Perhaps you forgot to surround the sh step with a step that provides this, such as: node`

/**
 * A Pipeline's sh step. Its task runs by itself on the agent: when the connection is lost the step waits, and goes on
 * when an agent of that name returns that knows the task. The sentences are those of Jenkins' durable-task plugin.
 */
export async function runShellStep(script: string, scope: Scope): Promise<Mishap | undefined> {
  if (!scope.place) return failure(noNode)
  const ending = await followTask(script, scope, scope.place)
  if (typeof ending !== 'number') return ending
  if (ending === 0) return undefined
  if (!scope.signal.aborted) return failure(`script returned exit code ${ending}`)
  say(scope.run, `script returned exit code ${ending}`)
  return scope.signal.reason
}

function followTask(script: string, scope: Scope, place: Place): Promise<number | Mishap> {
  const { run, record, signal } = scope
  const { host, build } = run
  const unique = randomBytes(4).toString('hex')
  record.taskId ??= `${build.job}#${build.number}${scope.path}-${unique}`
  const id = record.taskId
  const env = buildEnvironment(build, host.rootUrl, place)
  const task = { id, script, directory: place.directory, env }
  const controlDirectory = `${place.workspace}@tmp/durable-${id.slice(-8)}`

  return until<number | Mishap>(run, (resolve) => {
    let isOver = false
    let forgetPatience = () => {}

    const attach = (link: AgentLink) => {
      if (record.seenBytes !== undefined && !link.tasks.includes(id)) {
        say(run, `process apparently never started in ${controlDirectory}`)
        return resolve(-2)
      }
      record.seenBytes ??= 0
      host.save()
      link.run(
        { ...task, seenBytes: record.seenBytes },
        {
          onOutput: (text, seenBytes) => {
            if (isOver) return
            record.seenBytes = seenBytes
            host.print(build, text)
            host.save()
          },
          onEnd: (exitCode) => {
            if (exitCode !== undefined || isOver) return resolve(exitCode ?? -1)
            say(run, `wrapper script does not seem to be touching the log file in ${controlDirectory}`)
            resolve(-1)
          },
        },
      )
    }

    const stopListening = host.onLink((node, link) => {
      if (node !== place.node) return
      if (link) attach(link)
      else say(run, cannotContact(node))
    })
    const present = host.link(place.node)
    if (present) attach(present)
    const forgetAbort = onAbort(signal, (reason) => {
      const link = host.link(place.node)
      if (link) {
        say(run, 'Sending interrupt signal to process')
        link.interrupt(id)
        forgetPatience = later(run, run.timing.interruptMs, () => resolve(reason))
      } else {
        say(run, `Could not connect to ${place.node} to send interrupt signal to process`)
        resolve(reason)
      }
    })
    return () => {
      isOver = true
      stopListening()
      forgetAbort()
      forgetPatience()
    }
  })
}

function cannotContact(node: string): string {
  const channel = `hudson.remoting.Channel@${randomBytes(4).toString('hex')}:${node}`
  return `Cannot contact ${node}: hudson.remoting.ChannelClosedException: Channel "${channel}": Remote call on ${node} failed. The channel is closing down or has closed down`
}
