import type { ContainerHost } from '../../core/container-host.ts'
import type { Log } from '../../core/log.ts'
import type { ControllerSettings } from '../config/settings.ts'
import type { Action, Observed } from './plan.ts'
import { prepareFolder } from './prepare-folder.ts'

/** What is there now. */
export async function observe(
  host: ContainerHost,
  { name, image, home }: ControllerSettings,
  signal: AbortSignal,
): Promise<Observed> {
  const [container, found, volume] = await Promise.all([
    host.inspect(name, signal),
    host.inspectImage(image, signal),
    home.startsWith('/') ? undefined : host.inspectVolume(home, signal),
  ])
  return { container, hasImage: found !== undefined, hasVolume: volume !== undefined }
}

export interface Execution {
  host: ContainerHost
  settings: ControllerSettings
  log: Log
  signal: AbortSignal
}

/** Does what was planned, in order. Throws what the engine refuses; a container that cannot even be started is taken away again. */
export async function execute(actions: readonly Action[], execution: Execution): Promise<void> {
  let created: string | undefined
  try {
    for (const action of actions) {
      const id = await act(action, execution)
      created ??= id
    }
  } catch (error) {
    // With its ports and its memory it is made anew by the next try, with settings that may be others by then.
    if (created !== undefined) await execution.host.remove(created)
    throw error
  }
}

/** Returns the id of a container that was created. */
async function act(action: Action, execution: Execution): Promise<string | undefined> {
  const { host, settings, log, signal } = execution
  switch (action.do) {
    case 'pull':
      log.info(`pulling ${action.image}`)
      await host.pull(action.image, (line) => log.debug(line), signal)
      return undefined
    case 'make volume':
      await host.createVolume(action.volume, {}, signal)
      return undefined
    case 'prepare folder': {
      const { name: controller, image } = settings
      await prepareFolder(host, { folder: action.folder, controller, image, signal })
      return undefined
    }
    case 'create':
      return await host.create(action.name, action.body, signal)
    case 'start':
      log.info(`starting ${action.container}`)
      await host.start(action.container, signal)
      return undefined
  }
}
