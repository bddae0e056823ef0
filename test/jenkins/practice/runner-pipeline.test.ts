import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { Build, PipelineStep } from '../../../jenkins/practice/contract.ts'
import { createRunner } from '../../../jenkins/practice/runner.ts'
import { createStage, newBuild, pipelineBuild, settled } from './runner-stage.ts'

const sh = (script: string): PipelineStep => ({ kind: 'sh', script })
const echo = (message: string): PipelineStep => ({ kind: 'echo', message })
const node = (label: string, ...body: PipelineStep[]): PipelineStep => ({ kind: 'node', label, body })

const running = `Started by user admin
[Pipeline] Start of Pipeline
[Pipeline] node
Running on n1 in /home/jenkins/agent/workspace/app
[Pipeline] {
[Pipeline] sh
+ sleep 400
`
const cannotContact =
  'Cannot contact n1: hudson.remoting.ChannelClosedException: Channel "hudson.remoting.Channel@787bf8d6:n1": Remote call on n1 failed. The channel is closing down or has closed down\n'

/** The console with the one part of it that is random made equal to the recording. */
function consoleOf(build: Build): string {
  return build.console.replace(/Channel@[0-9a-f]{8}/g, 'Channel@787bf8d6')
}

function begin(steps: PipelineStep[], timing = {}) {
  const stage = createStage()
  const runner = createRunner(stage, timing)
  const build = pipelineBuild(steps)
  runner.start(build, undefined)
  return { stage, runner, build }
}

/** A Pipeline in the middle of `node('linux') { sh 'sleep 400' }`. */
async function beginSleeping(timing = {}) {
  const play = begin([node('linux', sh('sleep 400'))], timing)
  const link = play.stage.connect('n1')
  play.stage.grant('n1')
  await settled()
  link.say('+ sleep 400\n')
  return { ...play, link, taskId: link.runs[0]?.id ?? '' }
}

describe('a Pipeline', () => {
  it('runs its node blocks one after the other, with the console that Jenkins was recorded to write', async () => {
    const { stage, build } = begin([node('a', sh('sleep 1')), node('', sh('true'))])
    const link = stage.connect('g1')
    expect(stage.requests.map(({ label }) => label)).toEqual(['a'])
    stage.grant('g1')
    await settled()
    expect(link.runs[0]).toMatchObject({ script: 'sleep 1', directory: 'workspace/app', seenBytes: 0 })
    link.say('+ sleep 1\n')
    link.end(0)
    await settled()
    expect(stage.requests.map(({ label }) => label)).toEqual([''])
    expect(stage.held).toEqual([])
    stage.grant('g1')
    await settled()
    link.say('+ true\n')
    link.end(0)
    await settled()
    expect(build.console).toBe(`Started by user admin
[Pipeline] Start of Pipeline
[Pipeline] node
Running on g1 in /home/jenkins/agent/workspace/app
[Pipeline] {
[Pipeline] sh
+ sleep 1
[Pipeline] }
[Pipeline] // node
[Pipeline] node
Running on g1 in /home/jenkins/agent/workspace/app
[Pipeline] {
[Pipeline] sh
+ true
[Pipeline] }
[Pipeline] // node
[Pipeline] End of Pipeline
Finished: SUCCESS
`)
    expect(stage.finished.get(build)).toBe('SUCCESS')
    expect(stage.held).toEqual([])
  })

  it('explains a long wait for a node', async () => {
    const { build } = begin([node('nolabel')], { explainAfterMs: 5 })
    await vi.waitFor(() =>
      expect(build.console).toBe(
        'Started by user admin\n[Pipeline] Start of Pipeline\n[Pipeline] node\nStill waiting to schedule task\nThere are no nodes with the label ‘nolabel’\n',
      ),
    )
  })

  it('gives its tasks the variables of a build', async () => {
    const { link } = await beginSleeping()
    expect(link.runs[0]?.env).toMatchObject({
      BUILD_NUMBER: '1',
      BUILD_URL: 'http://jenkins.test/job/app/1/',
      JOB_NAME: 'app',
      NODE_NAME: 'n1',
      WORKSPACE: '/home/jenkins/agent/workspace/app',
    })
  })

  it('fails with the exit code of a script and skips the rest', async () => {
    const { stage, build } = begin([node('', sh('false'), sh('never'))])
    const link = stage.connect('n1')
    stage.grant('n1')
    await settled()
    link.end(1)
    await settled()
    expect(build.console).toMatch(
      /\n\[Pipeline\] End of Pipeline\nERROR: script returned exit code 1\nFinished: FAILURE\n$/,
    )
    expect(link.runs).toHaveLength(1)
    expect(stage.held).toEqual([])
  })

  it('fails when a script stands outside of any node', async () => {
    const { stage, build } = begin([sh('true')])
    await settled()
    expect(build.console).toContain('Required context class hudson.FilePath is missing')
    expect(stage.finished.get(build)).toBe('FAILURE')
  })

  it('fails with the problem when its script cannot be read', async () => {
    const stage = createStage()
    const build = newBuild({ kind: 'pipeline', script: '?', steps: [], problem: 'unexpected token: ?' })
    createRunner(stage).start(build, undefined)
    await settled()
    expect(build.console).toMatch(/unexpected token: \?\nFinished: FAILURE\n$/)
  })

  it('knows stages, sleep, echo and error', async () => {
    const { stage, build } = begin([
      { kind: 'stage', name: 'Build', body: [echo('hello'), { kind: 'sleep', seconds: 0.01 }] },
      { kind: 'error', message: 'enough' },
    ])
    await vi.waitFor(() => expect(stage.finished.get(build)).toBe('FAILURE'))
    expect(build.console).toBe(`Started by user admin
[Pipeline] Start of Pipeline
[Pipeline] stage
[Pipeline] { (Build)
[Pipeline] echo
hello
[Pipeline] sleep
Sleeping for 0 sec
[Pipeline] }
[Pipeline] // stage
[Pipeline] error
[Pipeline] End of Pipeline
ERROR: enough
Finished: FAILURE
`)
  })

  it('lets all branches of parallel end, and fails when one has failed', async () => {
    const { stage, build } = begin([
      {
        kind: 'parallel',
        branches: [
          { name: 'bad', body: [node('a', sh('false'))] },
          { name: 'good', body: [node('b', sh('true'))] },
        ],
      },
      echo('never'),
    ])
    const [first, second] = [stage.connect('n1'), stage.connect('n2')]
    stage.grant('n1')
    stage.grant('n2')
    await settled()
    first.end(7)
    await settled()
    expect(stage.finished.size).toBe(0)
    second.end(0)
    await settled()
    expect(stage.finished.get(build)).toBe('FAILURE')
    expect(build.console).toContain('[Pipeline] { (Branch: bad)\n[Pipeline] { (Branch: good)\n')
    expect(build.console).toContain('Failed in branch bad\n')
    expect(build.console).not.toContain('never')
  })

  it('gets a workspace of its own when another build of its job is on the node', async () => {
    const { stage, runner } = await beginSleeping()
    const second = pipelineBuild([node('linux', sh('x'))], { number: 2 })
    runner.start(second, undefined)
    stage.grant('n1')
    await settled()
    expect(second.console).toContain('Running on n1 in /home/jenkins/agent/workspace/app@2\n')
  })

  it('is aborted when its item is cancelled in the queue', async () => {
    const { stage, build } = begin([node('linux')])
    stage.requests[0]?.onCancelled()
    await settled()
    expect(stage.finished.get(build)).toBe('ABORTED')
  })
})

describe('a lost connection', () => {
  it('makes a Pipeline wait; the returning agent gives it the rest of the output', async () => {
    const { stage, build, taskId } = await beginSleeping()
    stage.disconnect('n1')
    expect(consoleOf(build)).toBe(running + cannotContact)
    const link = stage.connect('n1', [taskId])
    expect(link.runs).toMatchObject([{ id: taskId, seenBytes: 12 }])
    link.say('+ echo done\ndone\n')
    link.end(0)
    await settled()
    expect(consoleOf(build)).toBe(
      `${running}${cannotContact}+ echo done\ndone\n[Pipeline] }\n[Pipeline] // node\n[Pipeline] End of Pipeline\nFinished: SUCCESS\n`,
    )
  })

  it('aborts the Pipeline when its node was deleted and does not return', async () => {
    const { stage, build } = await beginSleeping({ nodeGoneMs: 10 })
    stage.deleteNode('n1')
    await vi.waitFor(() => expect(stage.finished.get(build)).toBe('ABORTED'))
    expect(consoleOf(build)).toBe(`${running}${cannotContact}Agent n1 was deleted; cancelling node body
Could not connect to n1 to send interrupt signal to process
[Pipeline] }
[Pipeline] // node
[Pipeline] End of Pipeline
Agent was removed
Finished: ABORTED
`)
    expect(stage.held).toEqual([])
  })

  it('does no harm when the node is deleted and made again in time', async () => {
    const { stage, build, taskId } = await beginSleeping({ nodeGoneMs: 20 })
    stage.deleteNode('n1')
    stage.makeNode('n1')
    await new Promise((resolve) => setTimeout(resolve, 40))
    const link = stage.connect('n1', [taskId])
    link.end(0)
    await settled()
    expect(stage.finished.get(build)).toBe('SUCCESS')
  })

  it('fails the step when the agent that returns does not know its task', async () => {
    const { stage, build } = await beginSleeping()
    stage.disconnect('n1')
    const link = stage.connect('n1', [])
    await settled()
    expect(link.runs).toEqual([])
    expect(build.console).toMatch(
      /process apparently never started in \/home\/jenkins\/agent\/workspace\/app@tmp\/durable-[0-9a-f]{8}\n/,
    )
    expect(build.console).toMatch(/ERROR: script returned exit code -2\nFinished: FAILURE\n$/)
  })

  it('fails the step when the agent knows the task and its process is gone', async () => {
    const { stage, build, taskId } = await beginSleeping()
    stage.disconnect('n1')
    stage.connect('n1', [taskId]).end(undefined)
    await settled()
    expect(build.console).toContain('wrapper script does not seem to be touching the log file in')
    expect(build.console).toMatch(/ERROR: script returned exit code -1\nFinished: FAILURE\n$/)
  })
})

describe('stop', () => {
  it('interrupts the process, waits for its end and aborts', async () => {
    const { stage, runner, build, link, taskId } = await beginSleeping()
    runner.stop(build, 'ann')
    runner.stop(build, 'bob')
    expect(link.interrupted).toEqual([taskId])
    link.say('Terminated\n')
    link.end(143)
    await settled()
    expect(build.console).toBe(`${running}Aborted by ann
Sending interrupt signal to process
Terminated
script returned exit code 143
[Pipeline] }
[Pipeline] // node
[Pipeline] End of Pipeline
Finished: ABORTED
`)
    expect(stage.held).toEqual([])
  })

  it('does not wait for ever for a process that will not end', async () => {
    const { stage, runner, build } = await beginSleeping({ interruptMs: 5 })
    runner.stop(build, 'ann')
    await vi.waitFor(() => expect(stage.finished.get(build)).toBe('ABORTED'))
  })

  it('does not wait at all for an agent that is away', async () => {
    const { stage, runner, build } = await beginSleeping()
    stage.disconnect('n1')
    runner.stop(build, 'ann')
    await settled()
    expect(build.console).toContain('Could not connect to n1 to send interrupt signal to process\n')
    expect(stage.finished.get(build)).toBe('ABORTED')
  })

  it('takes a waiting node step out of the queue, and ends a sleep', async () => {
    const { stage, runner, build } = begin([
      {
        kind: 'parallel',
        branches: [
          { name: 'a', body: [node('x')] },
          { name: 'b', body: [{ kind: 'sleep', seconds: 60 }] },
        ],
      },
    ])
    runner.stop(build, 'ann')
    await settled()
    expect(stage.requests[0]?.withdrawn).toBe(true)
    expect(stage.finished.get(build)).toBe('ABORTED')
  })
})

describe('a restart of the controller', () => {
  /** The state file in between: whatever is no plain data would be lost. */
  const reloaded = (build: Build): Build => JSON.parse(JSON.stringify(build))

  it('finds the Pipeline where it was, on the same node, with the same task', async () => {
    const { runner, build, stage, taskId } = await beginSleeping()
    runner.suspend()
    stage.disconnect('n1')
    expect(build.console).toBe(running)

    const next = createStage()
    const resumed = reloaded(build)
    next.makeNode('n1')
    createRunner(next, { explainAfterMs: 5 }).resume(resumed)
    expect(next.requests.map(({ label }) => label)).toEqual(['n1'])
    next.why = '‘n1’ is offline'
    await vi.waitFor(() =>
      expect(resumed.console).toContain('Waiting to resume part of app #1: ‘n1’ is offline\n'),
    )
    const link = next.connect('n1', [taskId])
    next.grant('n1')
    await settled()
    expect(link.runs).toMatchObject([{ id: taskId, seenBytes: 12 }])
    link.end(0)
    await settled()
    const told = resumed.console
      .slice(running.length)
      .replace(/ at \w{3} \w{3} \d{2} [\d:]{8} UTC \d{4}/g, ' at DATE')
    expect(told).toBe(`Resuming build at DATE after Jenkins restart
Waiting to resume part of app #1: ‘n1’ is offline
Ready to run at DATE
[Pipeline] }
[Pipeline] // node
[Pipeline] End of Pipeline
Finished: SUCCESS
`)
    expect(stage.finished.size).toBe(0)
  })

  it('aborts the Pipeline when its node never appears again', async () => {
    const { runner, build } = await beginSleeping()
    runner.suspend()
    const next = createStage()
    const resumed = reloaded(build)
    createRunner(next, { nodeGoneMs: 10 }).resume(resumed)
    await vi.waitFor(() => expect(next.finished.get(resumed)).toBe('ABORTED'))
    expect(resumed.console).toContain('because we assume unknown agent n1 is never going to appear\n')
    expect(next.requests[0]?.withdrawn).toBe(true)
  })

  it('makes the old runner deaf: what happens afterwards changes nothing', async () => {
    const { runner, build, stage, link } = await beginSleeping()
    const before = JSON.stringify(build)
    runner.suspend()
    link.say('more\n')
    link.end(0)
    stage.deleteNode('n1')
    runner.stop(build, 'ann')
    await settled()
    expect(JSON.stringify(build)).toBe(before)
    expect(stage.finished.size).toBe(0)
  })

  it('never runs a script twice and never skips one, wherever it strikes', async () => {
    const leaf = fc.constantFrom<PipelineStep>(sh('x'), echo('x'))
    const { step } = fc.letrec<{ step: PipelineStep; body: PipelineStep[] }>((tie) => ({
      body: fc.array(tie('step'), { maxLength: 3 }),
      step: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.record({ kind: fc.constant('stage' as const), name: fc.constant('s'), body: tie('body') }),
        fc.record({
          kind: fc.constant('parallel' as const),
          branches: fc.array(fc.record({ name: fc.constant('b'), body: tie('body') }), { maxLength: 3 }),
        }),
      ),
    }))
    const plan = fc.record({
      steps: fc.array(step, { maxLength: 4 }),
      strikes: fc.array(fc.nat({ max: 6 }), { maxLength: 5 }),
    })
    await fc.assert(
      fc.asyncProperty(plan, async ({ steps, strikes }) => {
        const started: string[] = []
        const done = new Set<string>()
        let build = pipelineBuild([node('', ...numbered(steps))])
        for (let boot = 0; ; boot++) {
          const stage = createStage()
          const link = stage.connect('n1', [...started])
          link.run = ({ id, script }, listener) => {
            if (!started.includes(id)) started.push(id)
            setImmediate(() => {
              done.add(script)
              listener.onEnd(0)
            })
          }
          const runner = createRunner(stage)
          if (boot === 0) runner.start(build, undefined)
          else runner.resume(build)
          await settled()
          if (stage.requests.length > 0) stage.grant('n1')
          for (let turn = 0; turn < (strikes[boot] ?? 100) && stage.finished.size === 0; turn++) {
            await new Promise((resolve) => setImmediate(resolve))
          }
          expect(stage.complaints).toEqual([])
          if (!build.building) break
          runner.suspend()
          build = reloaded(build)
        }
        expect(build.result).toBe('SUCCESS')
        expect(started).toHaveLength(scriptsIn(build))
        expect(done.size).toBe(scriptsIn(build))
        expect(build.console.match(/^\[Pipeline\] sh$/gm) ?? []).toHaveLength(scriptsIn(build))
      }),
      { numRuns: 60 },
    )
  })
})

/** The same steps, each script with a text of its own. */
function numbered(steps: PipelineStep[]): PipelineStep[] {
  let n = 0
  return JSON.parse(JSON.stringify(steps), (key, value) => (key === 'script' ? `script ${++n}` : value))
}

function scriptsIn(build: Build): number {
  return (JSON.stringify(build.definition).match(/"script":"script /g) ?? []).length
}
