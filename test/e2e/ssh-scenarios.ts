import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { connectDocker } from '../../core/docker.ts'
import { freestyleJob } from '../support/job-xml.ts'
import { AgentHome } from './agent-process.ts'
import { Jobs, type Stage } from './stage.ts'

/** What must hold of agents over SSH on any controller, beside what holds of all agents. */
export function sshScenarios(stage: () => Stage): void {
  /** Keys of our making; a real controller has others. */
  const keys = async () =>
    (await stage().jenkins.credentialIds()).filter(
      (id) => /^footman-.*/.test(id) && id.includes(stage().prefix),
    )

  it('leaves no key on the controller when it stops', async () => {
    const machine = `${stage().prefix}-keys`
    const home = await AgentHome.create(stage(), machine)
    const jobs = new Jobs(stage(), machine)
    try {
      await home.lend()
      const build = await jobs.start('keys', freestyleJob(`${machine}&&1CPU1G`, 'echo built'))
      expect(await jobs.ended(build)).toMatchObject({ result: 'SUCCESS' })
      expect(await keys()).toHaveLength(1)
      expect(await filesWithKeys(home.folder)).toEqual([])
      expect((await home.call('agent', 'stop')).exitCode).toBe(0)
      expect(await keys()).toEqual([])
      expect(await filesWithKeys(home.folder)).toEqual([])
      expect(await (await connectDocker()).list({ 'io.footman.slot': `${machine}-1` })).toEqual([])
    } finally {
      await jobs.remove()
      await home.remove()
    }
  })

  it('is found good by preflight, which has the controller log in and leaves nothing behind', async () => {
    const home = await AgentHome.create(stage(), `${stage().prefix}-pre`)
    try {
      const { exitCode, stdout } = await home.call('agent', 'preflight')
      expect(stdout).toContain('the controller logged in to a container of this machine')
      expect(exitCode).toBe(0)
      expect(await keys()).toEqual([])
      expect((await stage().jenkins.nodes()).filter(({ name }) => name.includes('preflight'))).toEqual([])
    } finally {
      await home.remove()
    }
  })
}

/** Key material on the disk of the machine, anywhere in its home. */
async function filesWithKeys(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  const texts = await Promise.all(files.map((file) => readFile(file, 'latin1')))
  return files.filter((_, index) => texts[index]?.includes('PRIVATE KEY'))
}
