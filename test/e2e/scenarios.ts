import { expect, it } from 'vitest'
import { freestyleJob, pipelineJob } from '../support/job-xml.ts'
import { until } from '../support/until.ts'
import { AgentHome } from './agent-process.ts'
import { Jobs, type Stage } from './stage.ts'

export interface ScenarioOptions {
  /** The stage is there when a scenario runs, not yet when it is declared. */
  stage: () => Stage
  /** Kills the container of a slot, as the kernel or a careless person would. */
  killContainer: (slot: string) => Promise<void>
}

/**
 * What must hold on any controller. Each scenario uses the real command line, real containers, and jobs made over REST; it
 * takes away whatever it made.
 */
export function serveScenarios({ stage, killContainer }: ScenarioOptions): void {
  it('serves a Pipeline and a freestyle build by label', async () => {
    await play(stage(), async ({ home, jobs, label }) => {
      await home.lend()
      const pipeline = await jobs.start(
        'pipe',
        pipelineJob(`node('${label('1CPU1G')}') { sh 'echo "shell says $((40 + 2))"' }`),
      )
      const freestyle = await jobs.start(
        'free',
        freestyleJob(label('0.5CPU768M'), 'echo "shell says $((40 + 3))"'),
      )
      expect(await jobs.ended(pipeline)).toMatchObject({
        result: 'SUCCESS',
        log: expect.stringContaining('shell says 42'),
      })
      expect(await jobs.ended(freestyle)).toMatchObject({
        result: 'SUCCESS',
        log: expect.stringContaining('shell says 43'),
      })
    })
  })

  it('serves an expression with || by the smaller of its sizes', async () => {
    await play(stage(), async ({ home, jobs, machine }) => {
      await home.lend()
      const build = await jobs.start('or', freestyleJob(`${machine} && (2CPU2G || 1CPU1G)`, 'sleep 5'))
      await jobs.running(build, 'sleep 5')
      const [slot] = await until('the slot is busy', async () => {
        const { slots } = await home.status()
        return slots.some(({ state }) => state === 'busy') && slots
      })
      expect(slot?.size).toEqual({ cpus: 1, memoryBytes: 2 ** 30 })
      expect((await jobs.ended(build)).result).toBe('SUCCESS')
    })
  })

  it('drains while busy: the running build ends well, the next one stays in the queue', async () => {
    await play(stage(), async ({ home, jobs, label, stage: { jenkins } }) => {
      await home.lend()
      const first = await jobs.start('first', freestyleJob(label('1CPU1G'), 'echo begun; sleep 8'))
      await jobs.running(first, 'begun')
      const drained = home.call('agent', 'drain')
      await until('the daemon drains', async () => (await home.status()).openness === 'finishing')
      const second = await jobs.start('second', freestyleJob(label('1CPU1G'), 'echo never'))
      expect((await jobs.ended(first)).result).toBe('SUCCESS')
      expect((await drained).exitCode).toBe(0)
      expect(await jenkins.queueItem(second.item)).toMatchObject({ cancelled: false, build: undefined })
      expect((await home.call('agent', 'resume')).exitCode).toBe(0)
      expect((await jobs.ended(second)).result).toBe('SUCCESS')
    })
  })

  it('brings a Pipeline through a restart of the controller', async () => {
    const { restart, jenkins } = stage()
    await play(stage(), async ({ home, jobs, label }) => {
      const agent = await home.lend()
      const script = `node('${label('1CPU1G')}') { sh 'echo begun; sleep 20; echo survived' }`
      const build = await jobs.start('restart', pipelineJob(script))
      const number = await jobs.running(build, 'begun')
      await restart()
      await until('the controller answers again', () => jenkins.root().catch(() => undefined), {
        withinMs: 180_000,
      })
      expect(await jobs.result(build.job, number)).toMatchObject({
        result: 'SUCCESS',
        log: expect.stringContaining('survived'),
      })
      expect(agent.said).not.toContain('container removed: its agent did not connect')
    })
  })

  it('replaces an agent container that was killed, and serves the next build', async () => {
    await play(stage(), async ({ home, jobs, label, machine }) => {
      const agent = await home.lend()
      const hit = await jobs.start('hit', freestyleJob(label('1CPU1G'), 'echo begun; sleep 60'))
      await jobs.running(hit, 'begun')
      await killContainer(`${machine}-1`)
      expect((await jobs.ended(hit)).result).toBe('FAILURE')
      const next = await jobs.start('next', freestyleJob(label('1CPU1G'), 'echo served'))
      expect((await jobs.ended(next)).result).toBe('SUCCESS')
      expect(agent.said).toContain('exit code 137')
    })
  })
}

interface Scene {
  stage: Stage
  home: AgentHome
  jobs: Jobs
  /** Name of the machine, and thereby a label that no other scenario's agents serve. */
  machine: string
  /** A size label that only this scenario's agents serve, whatever else the controller has. */
  label: (size: string) => string
}

let scenes = 0

/** Sets the scene, plays, and takes everything away again; nothing of ours may be left on the controller. */
async function play(stage: Stage, scenario: (scene: Scene) => Promise<void>): Promise<void> {
  const machine = `${stage.prefix}-${++scenes}`
  const home = await AgentHome.create(stage, machine)
  const jobs = new Jobs(stage, machine)
  try {
    await scenario({ stage, home, jobs, machine, label: (size) => `${machine}&&${size}` })
    expect((await home.call('agent', 'stop')).exitCode).toBe(0)
    const left = (await stage.jenkins.nodes())
      .map(({ name }) => name)
      .filter((name) => name.startsWith(machine))
    expect(left).toEqual([])
  } finally {
    await jobs.remove()
    await home.remove()
  }
}
