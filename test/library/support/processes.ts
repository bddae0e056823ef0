import { readdir, readFile } from 'node:fs/promises'

/** Living processes in whose environment a text stands: `pid program`. Zombies have none and do not count. */
export async function processesWith(text: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    if (!environment.includes(text)) continue
    const program = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'gone')
    found.push(`${pid} ${program.trim()}`)
  }
  return found
}
