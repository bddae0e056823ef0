import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { batterySensor } from '../../../agent/policy/battery.ts'
import { scriptedCommands } from '../../support/scripted-commands.ts'
import { tempDir } from '../../support/temp-dir.ts'

const signal = new AbortController().signal

async function onLinux(supplies: Record<string, Record<string, string>>) {
  const suppliesDir = await tempDir()
  for (const [name, files] of Object.entries(supplies)) {
    await mkdir(join(suppliesDir, name))
    for (const [file, text] of Object.entries(files))
      await writeFile(join(suppliesDir, name, file), `${text}\n`)
  }
  return batterySensor({ platform: 'linux', suppliesDir }).read(signal)
}

const battery = { type: 'Battery', status: 'Discharging', capacity: '63' }

describe('on Linux', () => {
  test('a laptop without its plug runs on its battery', async () => {
    expect(await onLinux({ AC: { type: 'Mains', online: '0' }, BAT0: battery })).toEqual({
      known: true,
      value: { onBattery: true, percent: 63 },
    })
  })

  test('a plugged laptop is on mains even while a weak charger lets the battery sink', async () => {
    expect(await onLinux({ AC: { type: 'Mains', online: '1' }, BAT0: battery })).toMatchObject({
      value: { onBattery: false },
    })
  })

  test('a charger at a USB port counts as a plug', async () => {
    expect(await onLinux({ usb: { type: 'USB', online: '1' }, BAT0: battery })).toMatchObject({
      value: { onBattery: false },
    })
  })

  test('a full battery that rests is no reason to stop', async () => {
    expect(await onLinux({ BAT0: { ...battery, status: 'Not charging' } })).toMatchObject({
      value: { onBattery: false },
    })
  })

  test('the battery of a mouse does not make a desktop a laptop', async () => {
    expect(await onLinux({ mouse: { ...battery, scope: 'Device' } })).toEqual({
      known: true,
      value: { onBattery: false },
    })
  })

  test('a machine that shows no supplies at all is on mains', async () => {
    const sensor = batterySensor({ platform: 'linux', suppliesDir: join(await tempDir(), 'missing') })
    expect(await sensor.read(signal)).toEqual({ known: true, value: { onBattery: false } })
  })
})

describe('on macOS', () => {
  async function onMac(text: string) {
    return batterySensor({ platform: 'darwin', run: scriptedCommands({ pmset: text }) }).read(signal)
  }

  test('pmset says battery', async () => {
    const text =
      "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=1234)\t85%; discharging; 3:45 remaining present: true\n"
    expect(await onMac(text)).toEqual({ known: true, value: { onBattery: true, percent: 85 } })
  })

  test('pmset says mains on a machine without a battery', async () => {
    expect(await onMac("Now drawing from 'AC Power'\n")).toEqual({ known: true, value: { onBattery: false } })
  })

  test('an answer that nobody understands is not taken for an answer', async () => {
    expect(await onMac('pmset: what?')).toMatchObject({ known: false })
  })
})

test('another system is said to be unknown', async () => {
  expect(await batterySensor({ platform: 'win32' }).read(signal)).toEqual({
    known: false,
    why: 'footman cannot read the battery on win32',
  })
})
