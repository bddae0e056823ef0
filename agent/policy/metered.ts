import { readFile } from 'node:fs/promises'
import { type RunCommand, runCommand } from '../run-command.ts'
import { known, type PolicySensor, type Reading, unknown } from './sensor.ts'

export interface MeteredOptions {
  platform?: NodeJS.Platform
  /** Linux' table of routes. */
  routesFile?: string
  run?: RunCommand
}

/** Whether the network costs by the byte, as NetworkManager knows or guesses (a phone's hotspot). */
export function meteredSensor(options: MeteredOptions = {}): PolicySensor<boolean> {
  const { platform = process.platform, routesFile = '/proc/net/route', run = runCommand } = options
  return {
    name: 'metered network',
    async read(signal) {
      if (platform !== 'linux') return unknown(`footman cannot tell a metered network on ${platform}`)
      const fields = 'GENERAL.DEVICE,GENERAL.TYPE,GENERAL.METERED'
      const { exitCode, stdout } = await run(['nmcli', '-t', '-f', fields, 'dev', 'show'], signal)
      if (exitCode !== 0) return unknown('NetworkManager does not run here')
      return judge(parseDevices(stdout), await defaultDevice(routesFile))
    },
  }
}

interface Device {
  name: string
  type: string
  metered: string
}

const toTheOutside = /^(ethernet|wifi|gsm|cdma|bt|wwan)$/

/**
 * The device of the default route decides. Where that one says nothing (a tunnel over another device), every device
 * that leads to the outside has a say, and one metered device is enough.
 */
function judge(devices: readonly Device[], main: string | undefined): Reading<boolean> {
  const verdict = devices.find(({ name }) => name === main)?.metered ?? 'unknown'
  if (verdict !== 'unknown') return known(verdict.startsWith('yes'))
  const outer = devices.filter(({ type }) => toTheOutside.test(type))
  if (outer.some(({ metered }) => metered.startsWith('yes'))) return known(true)
  if (outer.some(({ metered }) => metered.startsWith('no'))) return known(false)
  return unknown('NetworkManager does not know')
}

/** Lines such as `GENERAL.DEVICE:wlan0`, `GENERAL.TYPE:wifi` and `GENERAL.METERED:no (guessed)`. */
function parseDevices(text: string): Device[] {
  return text.split(/\n(?=GENERAL\.DEVICE:)/).map((block) => {
    const field = (name: string) => new RegExp(`^GENERAL\\.${name}:(.*)$`, 'm').exec(block)?.[1]?.trim() ?? ''
    return { name: field('DEVICE'), type: field('TYPE'), metered: field('METERED') || 'unknown' }
  })
}

async function defaultDevice(routesFile: string): Promise<string | undefined> {
  const table = await readFile(routesFile, 'utf8').catch(() => '')
  const routes = table.split('\n').map((line) => line.split('\t'))
  return routes.find(([, destination]) => destination === '00000000')?.[0]
}
