import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type RunCommand, runCommand } from '../run-command.ts'
import { known, type PolicySensor, type Power, type Reading, unknown } from './sensor.ts'

export interface BatteryOptions {
  platform?: NodeJS.Platform
  /** Where Linux shows its power supplies. */
  suppliesDir?: string
  run?: RunCommand
}

/** Whether this machine lives on its battery. A machine without one is on mains. */
export function batterySensor(options: BatteryOptions = {}): PolicySensor<Power> {
  const { platform = process.platform, suppliesDir = '/sys/class/power_supply', run = runCommand } = options
  return {
    name: 'battery',
    async read(signal) {
      if (platform === 'linux') return known(judge(await readSupplies(suppliesDir)))
      if (platform === 'darwin') return readPmset((await run(['pmset', '-g', 'batt'], signal)).stdout)
      return unknown(`footman cannot read the battery on ${platform}`)
    },
  }
}

interface Supply {
  type: string
  /** `Device` is the battery of a mouse or a headset. */
  scope: string
  online: string
  status: string
  capacity: string
}

/**
 * On battery is a machine whose battery discharges while no other supply is online. A discharging battery alone proves
 * nothing: a weak charger does not keep up with a busy machine. The same rule as systemd's on-ac-power.
 */
function judge(supplies: readonly Supply[]): Power {
  const own = supplies.filter(({ scope }) => scope !== 'Device')
  const batteries = own.filter(({ type }) => type === 'Battery' || type === 'UPS')
  const isPlugged = own.some((supply) => !batteries.includes(supply) && supply.online === '1')
  const isDraining = batteries.some(({ status }) => status === 'Discharging')
  const charge = batteries.map(({ capacity }) => capacity).find((text) => /^\d+$/.test(text))
  return { onBattery: isDraining && !isPlugged, ...(charge && { percent: Number(charge) }) }
}

async function readSupplies(dir: string): Promise<Supply[]> {
  const names = await readdir(dir).catch(() => [])
  return Promise.all(
    names.map(async (name) => {
      const field = async (file: string) =>
        (await readFile(join(dir, name, file), 'utf8').catch(() => '')).trim()
      const [type, scope, online, status, capacity] = await Promise.all(
        ['type', 'scope', 'online', 'status', 'capacity'].map(field),
      )
      return {
        type: type ?? '',
        scope: scope ?? '',
        online: online ?? '',
        status: status ?? '',
        capacity: capacity ?? '',
      }
    }),
  )
}

/** `Now drawing from 'Battery Power'`, then a line for each battery with its charge. */
function readPmset(text: string): Reading<Power> {
  const source = /drawing from '([^']+)'/.exec(text)?.[1]
  if (!source) return unknown('pmset does not say where the power comes from')
  const percent = /(\d+)%/.exec(text)?.[1]
  return known({ onBattery: source !== 'AC Power', ...(percent && { percent: Number(percent) }) })
}
