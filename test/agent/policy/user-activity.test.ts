import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { userActivitySensor } from '../../../agent/policy/user-activity.ts'
import { scriptedCommands } from '../../support/scripted-commands.ts'
import { tempDir } from '../../support/temp-dir.ts'

const signal = new AbortController().signal
const nowMs = 1_900_000_000_000

interface Desktop {
  commands?: Parameters<typeof scriptedCommands>[0]
  env?: NodeJS.ProcessEnv
  /** Pseudo terminals and how long ago each was read from, ms. */
  terminals?: Record<string, number>
}

async function onLinux({ commands = {}, env = {}, terminals = {} }: Desktop) {
  const devDir = await tempDir()
  await mkdir(join(devDir, 'pts'))
  for (const [name, agoMs] of Object.entries(terminals)) {
    const path = join(devDir, 'pts', name)
    await writeFile(path, '')
    await utimes(path, (nowMs - agoMs) / 1000, nowMs / 1000)
  }
  const run = scriptedCommands(commands)
  return userActivitySensor({ platform: 'linux', devDir, env, run, nowMs: () => nowMs }).read(signal)
}

function session(fields: Record<string, string>): string {
  const all = { Class: 'user', Type: 'wayland', State: 'active', IdleHint: 'no', ...fields }
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')
}

describe('on Linux', () => {
  test('GNOME counts the milliseconds', async () => {
    const answer = await onLinux({
      env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus' },
      commands: { 'gdbus call': '(uint64 5310,)\n' },
    })
    expect(answer).toEqual({ known: true, value: 5310 })
  })

  test('the X screen saver counts where GNOME does not run', async () => {
    const answer = await onLinux({ env: { DISPLAY: ':0' }, commands: { xprintidle: '42000\n' } })
    expect(answer).toEqual({ known: true, value: 42_000 })
  })

  test('under Wayland the X count is not believed', async () => {
    const answer = await onLinux({
      env: { DISPLAY: ':0', WAYLAND_DISPLAY: 'wayland-0' },
      commands: {
        xprintidle: '99000000\n',
        'loginctl list-sessions': ' 2 1000 ann seat0 tty2\n',
        'loginctl show-session 2': session({}),
      },
    })
    expect(answer).toEqual({ known: true, value: 0 })
  })

  test('logind tells since when the desktop calls itself idle, and the busiest of several people counts', async () => {
    const idleSince = (agoMs: number) => ({ IdleHint: 'yes', IdleSinceHint: String((nowMs - agoMs) * 1000) })
    const answer = await onLinux({
      commands: {
        'loginctl list-sessions': '2 1000 ann seat0\n3 1001 bob seat1\nc1 120 gdm seat0\n',
        'loginctl show-session 2 3 c1': [
          session(idleSince(600_000)),
          session(idleSince(400_000)),
          session({ Class: 'greeter' }),
        ].join('\n\n'),
      },
    })
    expect(answer).toEqual({ known: true, value: 400_000 })
  })

  test('somebody at a terminal is somebody', async () => {
    const answer = await onLinux({
      terminals: { 0: 700_000, 1: 12_000, ptmx: 0 },
      commands: { 'loginctl list-sessions': '' },
    })
    expect(answer).toMatchObject({ known: true })
    expect(answer.known && Math.round(answer.value)).toBe(12_000)
  })

  test('a machine on which nobody is logged in has been idle for ever', async () => {
    expect(await onLinux({ commands: { 'loginctl list-sessions': '' } })).toEqual({
      known: true,
      value: Number.POSITIVE_INFINITY,
    })
  })

  test('without desktop, logind and terminals nobody can tell, and that is said', async () => {
    expect(await onLinux({})).toMatchObject({ known: false, why: expect.stringContaining('terminal') })
  })
})

test('macOS counts nanoseconds', async () => {
  const run = scriptedCommands({ ioreg: '    | |   "HIDIdleTime" = 2500000000\n' })
  expect(await userActivitySensor({ platform: 'darwin', run }).read(signal)).toEqual({
    known: true,
    value: 2500,
  })
})

test('another system is said to be unknown', async () => {
  expect(await userActivitySensor({ platform: 'win32' }).read(signal)).toMatchObject({ known: false })
})
