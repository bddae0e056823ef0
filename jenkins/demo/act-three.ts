import { systemClock } from '../../core/clock.ts'
import type { DemoStage } from '../../core/demo.ts'
import { UserError } from '../../core/errors.ts'
import { createLog } from '../../core/log.ts'
import { formatDuration } from '../../core/units.ts'
import { phaseTexts } from '../commands/conclude.ts'
import { settingsOf } from '../config/load.ts'
import { controllerConfigSchema } from '../config/schema.ts'
import type { ControllerSettings } from '../config/settings.ts'
import { jenkinsIn, probeIn } from '../reach.ts'
import { containerBody } from '../up/spec.ts'
import { waitUntilUp } from '../up/wait.ts'
import { upgrade } from '../upgrade/upgrade.ts'
import { buildSet } from './build-set.ts'
import { type DemoSet, versions } from './set.ts'

/** Act three: an upgrade to a version that spoils the home and does not start undoes itself. Leaves nothing behind. */
export async function actThree(stage: DemoStage): Promise<void> {
  const set = await buildSet(stage)
  try {
    await play(set, stage)
  } finally {
    await set.close()
  }
}

async function play(set: DemoSet, { say, signal, folder }: DemoStage): Promise<void> {
  const { host, account } = set
  const settings = settingsFor(set)
  say(set.note)
  await bringUp(set, settings, signal)
  const before = await set.fingerprint()
  say(
    `Jenkins ${versions.old} runs on a home of ${before.files} files (a practice controller stands in for it)`,
  )
  await set.releaseBrokenVersion()
  say(
    `now its image is ${versions.broken}: that one rewrites jobs and keys, deletes builds, and does not start`,
  )

  const log = createLog({ level: 'warn', sink: { write: (text) => say(indented(text)) } })
  const outcome = await upgrade({
    settings,
    host,
    stateFolder: folder,
    keeperOf: set.keeperOf,
    probeOf: (container) => probeIn({ host, container, account }),
    jenkinsIn: (container) => jenkinsIn({ host, container, account }),
    log,
    signal,
    // It would find out already that this version is not to be had, and there would be nothing to undo.
    noRehearsal: true,
    onPhase: (phase) => say(`  ${phaseTexts[phase]}`),
  })
  say(`${outcome.kind}: ${outcome.reason}`)
  if (outcome.kind !== 'rolled-back')
    throw new UserError(`the upgrade was expected to be undone, and is ${outcome.kind}`)
  const sight = await waitUntilUp(
    probeIn({ host, container: settings.name, account }),
    waiting(settings, signal),
  )
  const version = sight.state === 'wizard' ? 'nobody knows which version' : sight.version
  const after = await set.fingerprint()
  if (version !== versions.old || after.sum !== before.sum) {
    throw new UserError(
      `Jenkins ${version} runs on a home of ${after.files} files, which is another one than before`,
    )
  }
  const away = outcome.downtimeMs === undefined ? '' : ` after ${formatDuration(outcome.downtimeMs)}`
  say(`Jenkins ${version} runs again${away}, on the same ${after.files} files, byte for byte`)
}

function indented(text: string): string {
  return `  ${text.trimEnd().replaceAll('\n', '\n  | ')}`
}

function settingsFor({ name, reference, home, store, account }: DemoSet): ControllerSettings {
  const config = controllerConfigSchema.parse({
    name,
    image: reference,
    home,
    backups: { store },
    account: { user: account.user, token: 'env:NONE' },
    upgrade: {
      stopGrace: '10s',
      quiesce: { deadline: '10s' },
      gate: { deadline: '20s', looks: 2, interval: '100ms', soak: '200ms' },
    },
  })
  return settingsOf(config, account.token)
}

/** Without any network: footman talks to a controller through its engine, and nobody else has to. */
async function bringUp(
  { host, account }: DemoSet,
  settings: ControllerSettings,
  signal: AbortSignal,
): Promise<void> {
  const body = containerBody(settings)
  const hostConfig = { ...Object(body.HostConfig), PortBindings: {}, NetworkMode: 'none' }
  await host.create(settings.name, { ...body, ExposedPorts: {}, HostConfig: hostConfig }, signal)
  await host.start(settings.name, signal)
  await waitUntilUp(probeIn({ host, container: settings.name, account }), waiting(settings, signal))
}

function waiting({ upgrade: { gate } }: ControllerSettings, signal: AbortSignal) {
  return { ...gate, clock: systemClock, onChange: () => undefined, signal }
}
