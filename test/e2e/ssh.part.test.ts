import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AgentHome } from './agent-process.ts'
import { killSlotContainer } from './kill-container.ts'
import { type PracticeStage, practiceStage } from './practice-stage.ts'
import { serveScenarios } from './scenarios.ts'
import { sshScenarios } from './ssh-scenarios.ts'

let stage: PracticeStage

beforeAll(async () => {
  stage = await practiceStage({ overSsh: true, settings: { transport: 'ssh' } })
})

afterAll(async () => {
  await stage.close()
})

describe('the agent over SSH, with real sshd and the practice controller logging in', () => {
  serveScenarios({ stage: () => stage, killContainer: killSlotContainer })

  sshScenarios(() => stage)

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
