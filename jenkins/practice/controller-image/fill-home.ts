import { chownSync } from 'node:fs'
import { z } from 'zod'
import { fillHome } from './home-content.ts'

/** The program that practice-home.ts runs in a container. The plan comes in FOOTMAN_HOME_PLAN, as JSON. */

const planSchema = z.object({
  files: z.number(),
  bytes: z.number(),
  jobs: z.number(),
  version: z.string(),
  user: z.string(),
  tokenHash: z.string(),
  plugins: z.array(z.object({ shortName: z.string(), version: z.string() })),
})

const home = process.env.JENKINS_HOME ?? '/var/jenkins_home'
if (process.getuid?.() === 0) {
  chownSync(home, 1000, 1000)
  process.setgid?.(1000)
  process.setuid?.(1000)
}
fillHome(home, planSchema.parse(JSON.parse(process.env.FOOTMAN_HOME_PLAN ?? '{}')))
