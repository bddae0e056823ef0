import { createHash } from 'node:crypto'

/** Who this daemon is: one machine lending to one controller. */
export interface Identity {
  /** Slots are called `<machineName>-<n>`. */
  machineName: string
  machineId: string
  /** Stands for the controller in container names and labels. */
  controllerId: string
}

/** Eight hex digits for a controller's root URL; the same whether or not somebody typed the last slash. */
export function controllerIdOf(url: string): string {
  return createHash('sha256').update(url.replace(/\/+$/, '').toLowerCase()).digest('hex').slice(0, 8)
}
