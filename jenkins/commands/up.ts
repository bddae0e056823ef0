import { isIPv6 } from 'node:net'
import { type CommandContext, defineCommand, printResult } from '../../core/command.ts'
import { type ExitCode, exitCodes } from '../../core/errors.ts'
import { withLock } from '../../core/lock.ts'
import { table } from '../../core/table.ts'
import type { ControllerSettings } from '../config/settings.ts'
import type { Sight } from '../health/health.ts'
import { webAddress } from '../launch-options.ts'
import type { Drift } from '../up/drift.ts'
import { execute, observe } from '../up/execute.ts'
import { actionText, planUp, type UpPlan } from '../up/plan.ts'
import { homeInside } from '../up/spec.ts'
import { type Ready, waitUntilUp } from '../up/wait.ts'
import { filesOf } from '../upgrade/names.ts'
import { type Doors, realDoors } from './doors.ts'
import { type Opened, openController } from './open.ts'
import { settle } from './settle.ts'

/** `footman jenkins up`. Tests put other rooms behind the doors. */
export const upCommand = (doors: Doors) =>
  defineCommand({
    examples: [
      {
        line: 'footman jenkins up',
        explains: 'start the controller, and wait until it answers; again: nothing changes',
      },
      { line: 'footman jenkins up --dry-run', explains: 'see what that would do' },
    ],
    reads: true,
    writes: true,
    async run(context) {
      const opened = await openController(context, doors)
      const { settings, host, options } = opened
      if (context.dryRun)
        return printPlan(context, planUp(settings, await observe(host, settings, context.signal)))
      await settle(opened, doors, context)
      // Between two steps of an upgrade there is no container of that name: nobody may make one then.
      const { lock } = filesOf(options.stateFolder, settings.name)
      const { signal } = context
      return await withLock(lock, { purpose: `bringing up ${settings.name}`, signal }, () =>
        bringUp(opened, doors, context),
      )
    },
  })

export const command = upCommand(realDoors)

async function bringUp({ settings, host }: Opened, doors: Doors, context: CommandContext): Promise<ExitCode> {
  const { log, signal } = context
  const { container, ...observed } = await observe(host, settings, signal)
  const { actions, drift } = planUp(settings, { container, ...observed })
  if (drift.length > 0) return tellDrift(context, settings, drift)
  await execute(actions, { host, settings, log, signal })
  const sight = await waitUntilUp(doors.probeOf(host, settings.name, settings), {
    ...settings.upgrade.gate,
    clock: doors.clock,
    onChange: ({ state }) => log.debug(`Jenkins: ${state}`),
    signal,
  })
  if (sight.state === 'closed') log.warn(`the account of jenkins.yaml is refused: ${sight.reason}`)
  const did = container === undefined ? 'created' : actions.length > 0 ? 'started' : 'nothing'
  const result = resultOf(settings, sight, did)
  printResult(context, result, resultText)
  return exitCodes.ok
}

interface Result {
  controller: string
  did: 'created' | 'started' | 'nothing'
  state: Sight['state']
  /** Undefined when Jenkins does not say. */
  version: string | undefined
  url: string
  home: string
  /** Where the password for the first login lies; never the password. */
  firstPassword: { file: string; command: string } | undefined
}

function resultOf(settings: ControllerSettings, sight: Ready, did: Result['did']): Result {
  const { name, home } = settings
  const file = `${homeInside}/secrets/initialAdminPassword`
  return {
    controller: name,
    did,
    state: sight.state,
    version: sight.state === 'wizard' ? undefined : sight.version,
    url: urlOf(settings),
    home,
    firstPassword:
      sight.state === 'wizard' ? { file, command: `docker exec ${name} cat ${file}` } : undefined,
  }
}

function resultText({ controller, did, version, url, home, firstPassword }: Result): string {
  const what = { created: 'is up', started: 'is up again', nothing: 'is up, as it was' }[did]
  const lines = [
    `${controller} ${what}: Jenkins${version ? ` ${version}` : ''} at ${url}, its home on ${home}`,
  ]
  if (firstPassword) {
    lines.push(
      `It waits for its first login. The password for that is in ${firstPassword.file}:`,
      `  ${firstPassword.command}`,
    )
  }
  return lines.join('\n')
}

function urlOf({ ports: { bind, http }, env }: ControllerSettings): string {
  const isAny = bind === '0.0.0.0' || bind === '::'
  const host = isAny ? 'localhost' : isIPv6(bind) ? `[${bind}]` : bind
  return `http://${host}:${http}${webAddress([], env).prefix}/`
}

function printPlan(context: CommandContext, { actions, drift }: UpPlan): ExitCode {
  const steps = actions.map(actionText)
  printResult(context, { steps, drift }, () => (drift.length > 0 ? driftText(drift) : steps.join('\n')))
  return drift.length > 0 ? exitCodes.drift : exitCodes.ok
}

function tellDrift(context: CommandContext, { name, home }: ControllerSettings, drift: Drift[]): ExitCode {
  printResult(context, { controller: name, drift }, () => driftText(drift))
  const isElsewhere = drift.some(({ setting }) => setting === 'home')
  context.log.warn(
    isElsewhere
      ? `the home of ${name} is not ${home}: let home in jenkins.yaml name the one that it has`
      : `${name} was made with other settings, and stays as it is. To make it anew on the same home: docker stop -t 120 ${name} && docker rm ${name} && footman jenkins up`,
  )
  return exitCodes.drift
}

function driftText(drift: readonly Drift[]): string {
  return table(
    drift.map(({ setting, is, wanted }) => [setting, is, wanted]),
    ['setting', 'the container has', 'wanted'],
  )
}
