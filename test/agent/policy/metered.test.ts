import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { meteredSensor } from '../../../agent/policy/metered.ts'
import { scriptedCommands } from '../../support/scripted-commands.ts'
import { tempDir } from '../../support/temp-dir.ts'

const signal = new AbortController().signal
const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n'

async function read(
  devices: [name: string, type: string, metered: string][],
  defaultRoute: string | undefined,
) {
  const routesFile = join(await tempDir(), 'route')
  const route = defaultRoute ? `${defaultRoute}\t00000000\t0101A8C0\t0003\n` : ''
  await writeFile(routesFile, `${head}docker0\t000011AC\t00000000\t0001\n${route}`)
  const blocks = devices.map(
    ([name, type, metered]) => `GENERAL.DEVICE:${name}\nGENERAL.TYPE:${type}\nGENERAL.METERED:${metered}\n`,
  )
  const run = scriptedCommands({ nmcli: blocks.join('\n') })
  return meteredSensor({ platform: 'linux', routesFile, run }).read(signal)
}

test('the device of the default route decides, guessed or not', async () => {
  expect(
    await read(
      [
        ['wlan0', 'wifi', 'yes (guessed)'],
        ['eth0', 'ethernet', 'no'],
      ],
      'wlan0',
    ),
  ).toEqual({ known: true, value: true })
  expect(
    await read(
      [
        ['wlan0', 'wifi', 'yes'],
        ['eth0', 'ethernet', 'no (guessed)'],
      ],
      'eth0',
    ),
  ).toEqual({ known: true, value: false })
})

test('behind a tunnel one metered device is enough', async () => {
  expect(
    await read(
      [
        ['wlan0', 'wifi', 'yes'],
        ['tun0', 'tun', 'unknown'],
        ['docker0', 'bridge', 'no'],
      ],
      'tun0',
    ),
  ).toEqual({ known: true, value: true })
})

test('a bridge of containers does not vouch for the network', async () => {
  expect(
    await read(
      [
        ['eth0', 'ethernet', 'unknown'],
        ['docker0', 'bridge', 'no'],
      ],
      'eth0',
    ),
  ).toMatchObject({ known: false })
})

test('without NetworkManager, and on macOS, it is unknown', async () => {
  const run = scriptedCommands({ nmcli: { exitCode: 8, stderr: 'Error: NetworkManager is not running.' } })
  expect(await meteredSensor({ platform: 'linux', run }).read(signal)).toMatchObject({ known: false })
  expect(await meteredSensor({ platform: 'darwin' }).read(signal)).toMatchObject({ known: false })
})
