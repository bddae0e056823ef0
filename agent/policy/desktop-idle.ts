import type { RunCommand } from '../run-command.ts'

export interface DesktopQuestion {
  env: NodeJS.ProcessEnv
  run: RunCommand
  nowMs: number
  signal: AbortSignal
}

/**
 * Milliseconds since keyboard or mouse of a Linux desktop were last used; Infinity when nobody is logged in; undefined when
 * nothing here knows. GNOME and X count exactly, logind knows only whether the desktop called itself idle.
 */
export async function desktopIdleMs(question: DesktopQuestion): Promise<number | undefined> {
  return (await fromGnome(question)) ?? (await fromX(question)) ?? (await fromLogind(question))
}

/** GNOME Shell, on Wayland as on X: `(uint64 5310,)`, milliseconds. */
async function fromGnome({ env, run, signal }: DesktopQuestion): Promise<number | undefined> {
  if (!env.DBUS_SESSION_BUS_ADDRESS) return undefined
  const place = [
    '--dest',
    'org.gnome.Mutter.IdleMonitor',
    '--object-path',
    '/org/gnome/Mutter/IdleMonitor/Core',
  ]
  const words = [
    'gdbus',
    'call',
    '--session',
    ...place,
    '--method',
    'org.gnome.Mutter.IdleMonitor.GetIdletime',
  ]
  const ms = /^\(uint64 (\d+),\)/.exec(await outputOf(run, words, signal))?.[1]
  return ms === undefined ? undefined : Number(ms)
}

/** The X screen saver's count. Under Wayland it only sees what X programs see, which is too little. */
async function fromX({ env, run, signal }: DesktopQuestion): Promise<number | undefined> {
  if (!env.DISPLAY || env.WAYLAND_DISPLAY) return undefined
  const ms = /^(\d+)\s*$/.exec(await outputOf(run, ['xprintidle'], signal))?.[1]
  return ms === undefined ? undefined : Number(ms)
}

/** Sessions of people at a screen; terminals are read from their devices, which is more exact. */
async function fromLogind({ run, nowMs, signal }: DesktopQuestion): Promise<number | undefined> {
  const list = await run(['loginctl', 'list-sessions', '--no-legend'], signal).catch(() => undefined)
  if (list?.exitCode !== 0) return undefined
  const ids = list.stdout.split('\n').flatMap((line) => /^\s*(\S+)/.exec(line)?.slice(1) ?? [])
  if (ids.length === 0) return Number.POSITIVE_INFINITY
  const fields = ['Class', 'Type', 'State', 'IdleHint', 'IdleSinceHint'].flatMap((name) => ['-p', name])
  const words = ['loginctl', 'show-session', ...ids, ...fields]
  const sessions = (await outputOf(run, words, signal)).split(/\n\s*\n/).map(parseSession)
  const seated = sessions.filter(
    (session) => session.Class === 'user' && /^(x11|wayland|mir)$/.test(session.Type ?? ''),
  )
  const idle = seated.filter(({ State }) => State !== 'closing').map((session) => idleOf(session, nowMs))
  return Math.min(Number.POSITIVE_INFINITY, ...idle)
}

function idleOf(session: Record<string, string>, nowMs: number): number {
  if (session.IdleHint !== 'yes') return 0
  const sinceMs = Number(session.IdleSinceHint ?? 0) / 1000
  return Math.max(0, nowMs - sinceMs)
}

function parseSession(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? []
      return name === undefined ? [] : [[name, value ?? '']]
    }),
  )
}

async function outputOf(run: RunCommand, words: readonly string[], signal: AbortSignal): Promise<string> {
  const result = await run(words, signal).catch(() => undefined)
  return result?.exitCode === 0 ? result.stdout : ''
}
