import { statfs } from 'node:fs/promises'
import { homedir } from 'node:os'
import { known, type PolicySensor } from './sensor.ts'

/**
 * Free space in bytes where containers live: on the file system of the engine's data folder, or of the home folder when the
 * engine keeps its data elsewhere (inside a virtual machine) or where we may not look.
 */
export function diskSensor(dataRoot: string | undefined, home: string = homedir()): PolicySensor<number> {
  return {
    name: 'disk',
    async read() {
      const stats = await statfs(dataRoot ?? home).catch(() => statfs(home))
      return known(stats.bavail * stats.bsize)
    },
  }
}
