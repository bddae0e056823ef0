import { expect, it } from 'vitest'
import { freestyleJob } from '../support/job-xml.ts'
import { until } from '../support/until.ts'
import { AgentHome } from './agent-process.ts'
import { Jobs, type Stage } from './stage.ts'

/** What must hold of nodes of the Swarm plugin on any controller, beside what holds of all agents. */
export function swarmScenarios(stage: () => Stage): void {
  it('serves the label that the plugin gives, and 1,500 characters of labels', async () => {
    const machine = `${stage().prefix}-long`
    const features = Array.from({ length: 150 }, (_, number) => `feature-${String(number).padStart(3, '0')}`)
    const home = await AgentHome.create(stage(), machine, {
      templates: [{ name: 'default', size: '1CPU1G', ...stage().template, features }],
    })
    const jobs = new Jobs(stage(), machine)
    try {
      await home.lend()
      const build = await jobs.start('swarm', freestyleJob(`swarm&&${machine}`, 'echo built'))
      expect(await jobs.ended(build)).toMatchObject({ result: 'SUCCESS' })
      // All of them at once is what a job can ask for, and what the node then has to carry.
      const all = await jobs.start(
        'all',
        freestyleJob([machine, ...features].join('&&'), 'sleep 4; echo built'),
      )
      await jobs.running(all, 'sleep')
      const labels = await until('the node has its labels', async () => {
        const names = (await stage().jenkins.nodes()).filter(
          ({ idle, name }) => name.startsWith(machine) && !idle,
        )
        return names[0]?.labels
      })
      expect(labels.join(' ').length).toBeGreaterThan(1500)
      expect(labels).toEqual(expect.arrayContaining(['swarm', ...features]))
      expect(await jobs.ended(all)).toMatchObject({ result: 'SUCCESS' })
      expect((await home.call('agent', 'stop')).exitCode).toBe(0)
    } finally {
      await jobs.remove()
      await home.remove()
    }
  })

  it('is found good by preflight, which leaves no node behind', async () => {
    const home = await AgentHome.create(stage(), `${stage().prefix}-pre`)
    try {
      const { stdout } = await home.call('agent', 'preflight')
      expect(stdout).toContain(
        'the plugin registers our nodes, and an agent of ours would be let in over WebSocket',
      )
      expect((await stage().jenkins.nodes()).filter(({ name }) => name.includes('preflight'))).toEqual([])
    } finally {
      await home.remove()
    }
  })
}
