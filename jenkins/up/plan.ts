import type { JsonObject, RawContainer } from '../../core/container-host.ts'
import type { ControllerSettings } from '../config/settings.ts'
import { type Drift, driftOf } from './drift.ts'
import { containerBody } from './spec.ts'

/** What is there, as far as `up` is concerned. */
export interface Observed {
  /** Whatever has the controller's name. */
  container: RawContainer | undefined
  hasImage: boolean
  /** Only where the home is a volume. */
  hasVolume: boolean
}

/** Each may be done again. */
export type Action =
  | { do: 'pull'; image: string }
  | { do: 'make volume'; volume: string }
  /** A folder of the engine's machine that the user of the image can write to. */
  | { do: 'prepare folder'; folder: string }
  | { do: 'create'; name: string; body: JsonObject }
  | { do: 'start'; container: string }

export interface UpPlan {
  actions: Action[]
  drift: Drift[]
}

/**
 * What is left to do until the controller runs as the settings say. A container that is there stays as it is: it is
 * started when it is as wanted and does not run; when it is not as wanted, that is told and nothing is done. Pure.
 */
export function planUp(settings: ControllerSettings, observed: Observed): UpPlan {
  const { container } = observed
  if (container) {
    const drift = driftOf(settings, container)
    const shouldStart = drift.length === 0 && container.State.Running !== true
    return { drift, actions: shouldStart ? [{ do: 'start', container: settings.name }] : [] }
  }
  const { name, image, home } = settings
  return {
    drift: [],
    actions: [
      ...(observed.hasImage ? [] : [{ do: 'pull', image } as const]),
      ...homeActions(home, observed),
      { do: 'create', name, body: containerBody(settings) },
      { do: 'start', container: name },
    ],
  }
}

function homeActions(home: string, { hasVolume }: Observed): Action[] {
  if (home.startsWith('/')) return [{ do: 'prepare folder', folder: home }]
  return hasVolume ? [] : [{ do: 'make volume', volume: home }]
}

/** An action in words, as --dry-run lists it. */
export function actionText(action: Action): string {
  switch (action.do) {
    case 'pull':
      return `pull ${action.image}`
    case 'make volume':
      return `make the volume ${action.volume} for the home`
    case 'prepare folder':
      return `make the folder ${action.folder} for the home, unless it is there, and let Jenkins write to it`
    case 'create':
      return `create the container ${action.name}`
    case 'start':
      return `start the container ${action.container}, and wait until Jenkins is up`
  }
}
