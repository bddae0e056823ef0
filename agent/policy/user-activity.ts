import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type RunCommand, runCommand } from '../run-command.ts'
import { desktopIdleMs } from './desktop-idle.ts'
import { known, type PolicySensor, unknown } from './sensor.ts'

export interface UserActivityOptions {
  platform?: NodeJS.Platform
  /** Where Linux shows its terminals. */
  devDir?: string
  env?: NodeJS.ProcessEnv
  run?: RunCommand
  nowMs?: () => number
}

/** Milliseconds since somebody used this machine: the desktop's own count, or the last key pressed at a terminal. */
export function userActivitySensor(options: UserActivityOptions = {}): PolicySensor<number> {
  const { platform = process.platform, devDir = '/dev', env = process.env } = options
  const { run = runCommand, nowMs = Date.now } = options
  return {
    name: 'user activity',
    async read(signal) {
      if (platform === 'darwin') return readHidIdle((await run(macWords, signal)).stdout)
      if (platform !== 'linux') return unknown(`footman cannot tell on ${platform} whether somebody types`)
      const [desktop, terminals] = await Promise.all([
        desktopIdleMs({ env, run, nowMs: nowMs(), signal }),
        terminalIdleMs(devDir, nowMs()),
      ])
      if (desktop === undefined && terminals === undefined) {
        return unknown('neither the desktop nor a terminal tells when somebody typed last')
      }
      return known(Math.min(desktop ?? Number.POSITIVE_INFINITY, terminals ?? Number.POSITIVE_INFINITY))
    },
  }
}

const macWords = ['ioreg', '-r', '-d', '1', '-c', 'IOHIDSystem', '-k', 'HIDIdleTime']

/** macOS counts nanoseconds since the last key, click or touch. */
function readHidIdle(text: string) {
  const nanoseconds = /"HIDIdleTime"\s*=\s*(\d+)/.exec(text)?.[1]
  return nanoseconds
    ? known(Number(nanoseconds) / 1e6)
    : unknown('ioreg does not tell when somebody typed last')
}

/** A terminal's access time is when a program last read from it, hence when somebody typed; exact to 8 s. */
async function terminalIdleMs(devDir: string, nowMs: number): Promise<number | undefined> {
  const windows = (await namesIn(join(devDir, 'pts'))).filter((name) => /^\d+$/.test(name))
  const consoles = (await namesIn(devDir)).filter((name) => /^tty\d+$/.test(name))
  const lastUse = await Promise.all([
    ...windows.map((name) => readTimeOf(join(devDir, 'pts', name))),
    ...consoles.map((name) => readTimeOf(join(devDir, name), { onlyOfPeople: true })),
  ])
  const told = lastUse.filter((ms) => ms !== undefined)
  return told.length > 0 ? Math.max(0, nowMs - Math.max(...told)) : undefined
}

async function namesIn(dir: string): Promise<string[]> {
  return readdir(dir).catch(() => [])
}

/** A console belongs to root until somebody logs in at it. */
async function readTimeOf(path: string, { onlyOfPeople = false } = {}): Promise<number | undefined> {
  const stats = await stat(path).catch(() => undefined)
  return stats && !(onlyOfPeople && stats.uid === 0) ? stats.atimeMs : undefined
}
