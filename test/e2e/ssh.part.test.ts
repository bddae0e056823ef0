import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freestyleJob } from '../support/job-xml.ts'
import { AgentHome } from './agent-process.ts'
import { killSlotContainer } from './kill-container.ts'
import { type PracticeStage, practiceStage } from './practice-stage.ts'
import { serveScenarios } from './scenarios.ts'
import { Jobs } from './stage.ts'

let stage: PracticeStage

beforeAll(async () => {
  stage = await practiceStage({ overSsh: true, settings: { transport: 'ssh' } })
})

afterAll(async () => {
  await stage.close()
})

describe('the agent over SSH, with real sshd and the practice controller logging in', () => {
  serveScenarios({ stage: () => stage, killContainer: killSlotContainer })

  it('leaves no key on the controller when it stops', async () => {
    const machine = `${stage.prefix}-keys`
    const home = await AgentHome.create(stage, machine)
    const jobs = new Jobs(stage, machine)
    try {
      await home.lend()
      const build = await jobs.start('keys', freestyleJob(`${machine}&&1CPU1G`, 'echo built'))
      expect(await jobs.ended(build)).toMatchObject({ result: 'SUCCESS' })
      expect(await stage.jenkins.credentialIds()).toHaveLength(1)
      expect((await home.call('agent', 'stop')).exitCode).toBe(0)
      expect(await stage.jenkins.credentialIds()).toEqual([])
    } finally {
      await jobs.remove()
      await home.remove()
    }
  })

  it('is found good by preflight, which has the controller log in and leaves nothing behind', async () => {
    const home = await AgentHome.create(stage, `${stage.prefix}-pre`)
    try {
      const { exitCode, stdout } = await home.call('agent', 'preflight')
      expect(stdout).toContain('the controller logged in to a container of this machine')
      expect(exitCode).toBe(0)
      expect(await stage.jenkins.credentialIds()).toEqual([])
      expect((await stage.jenkins.nodes()).filter(({ name }) => name.includes('preflight'))).toEqual([])
    } finally {
      await home.remove()
    }
  })

  it('is found wanting by preflight when the address leads nowhere, with the cure', async () => {
    const ssh = { host: '127.0.0.9', bind: '127.0.0.8' }
    const home = await AgentHome.create(stage, `${stage.prefix}-bad`, { transport: 'ssh', ssh })
    try {
      const { exitCode, stdout } = await home.call('agent', 'preflight')
      expect(stdout).toContain('set ssh.host to an address of this machine')
      expect(exitCode).toBe(3)
      expect(await stage.jenkins.credentialIds()).toEqual([])
    } finally {
      await home.remove()
    }
  })
})
