import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freestyleJob } from '../support/job-xml.ts'
import { startSshd } from '../support/sshd.ts'
import { AgentHome } from './agent-process.ts'
import { type PracticeStage, practiceStage } from './practice-stage.ts'
import { Jobs } from './stage.ts'

let stage: PracticeStage

beforeAll(async () => {
  stage = await practiceStage()
})

afterAll(async () => {
  await stage.close()
})

/** The engine is this machine's, but nothing tells the agent: it is reached through a real sshd, and shares no files. */
it('lends an engine behind SSH: the agent goes along into the container, and builds run', async () => {
  const { options } = await startSshd()
  const { port, user, hostKey, identity } = options
  if (!('privateKey' in identity)) throw new Error('a key file was expected')
  const machine = `${stage.prefix}-far`
  const home = await AgentHome.create(stage, machine, { docker: `ssh://${user}@127.0.0.1:${port}` })
  const jobs = new Jobs(stage, machine)
  try {
    const key = join(home.folder, 'key')
    await writeFile(key, identity.privateKey.reveal(), { mode: 0o600 })
    await home.configure({ dockerSsh: { key: `file:${key}`, hostKey: String(hostKey) } })
    await home.lend()
    const build = await jobs.start('far', freestyleJob(`${machine}&&1CPU1G`, 'echo built far away'))
    expect(await jobs.ended(build)).toMatchObject({
      result: 'SUCCESS',
      log: expect.stringContaining('built far away'),
    })
    expect((await home.call('agent', 'stop')).exitCode).toBe(0)
  } finally {
    await jobs.remove()
    await home.remove()
  }
})
