import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, vi } from 'vitest'
import { readIfExists } from '../../core/atomic-write.ts'
import { acquireLock } from '../../core/lock.ts'
import { type Child, startChild } from './child.ts'
import { freePort } from './free-port.ts'
import { tempDir } from './temp-dir.ts'

/**
 * Lets real processes contend for one lock and kills one after the other, the holder of the moment every other time.
 * Fails when two hold it together, when the survivors do not go on at once, or when it cannot be had in the end.
 */
export async function contest(options: {
  processes: number
  kills: number
  replace: boolean
}): Promise<void> {
  const dir = await tempDir()
  const lock = join(dir, 'lock')
  const log = join(dir, 'log')
  const port = String(await freePort())
  const start = () => startChild('contend-for-lock', lock, port, log)
  const contenders = Array.from({ length: options.processes }, start)
  await Promise.all(contenders.map((contender) => contender.line()))
  for (let kill = 0; kill < options.kills; kill++) {
    await delay(Math.random() * 50)
    const holder = kill % 2 === 0 ? await holderAmong(contenders, lock) : undefined
    const victim = holder ?? contenders[Math.floor(Math.random() * contenders.length)]
    if (!victim) break
    contenders.splice(contenders.indexOf(victim), 1)
    await victim.kill()
    const holds = await holdsIn(log)
    await vi.waitFor(async () => expect(await holdsIn(log)).toBeGreaterThan(holds + 3), 5000)
    if (options.replace) contenders.push(start())
  }
  await Promise.all(contenders.map((contender) => contender.kill()))
  expect(await readFile(log, 'utf8')).not.toContain('two holders')
  await (await acquireLock(lock, { purpose: 'having it in the end' })).release()
}

async function holderAmong(contenders: Child[], lock: string): Promise<Child | undefined> {
  const names = await readdir(lock).catch(() => [])
  for (const name of names.filter((entry) => entry.startsWith('owner.'))) {
    const text = await readIfExists(join(lock, name))
    if (text) return contenders.find(({ pid }) => pid === JSON.parse(text).process.pid)
  }
  return undefined
}

async function holdsIn(log: string): Promise<number> {
  return ((await readIfExists(log)) ?? '').split('\n').length
}
