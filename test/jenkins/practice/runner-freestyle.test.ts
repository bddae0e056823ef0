import { describe, expect, it, vi } from 'vitest'
import type { Build } from '../../../jenkins/practice/contract.ts'
import { createRunner } from '../../../jenkins/practice/runner.ts'
import { createStage, newBuild, settled, stageLease } from './runner-stage.ts'

/** The console with the random name of the script file taken out. */
function consoleOf(build: Build): string {
  return build.console.replace(/jenkins\d+\.sh/g, 'jenkinsN.sh')
}

async function begin(scripts: string[], timing = {}) {
  const stage = createStage()
  const link = stage.connect('n1')
  const runner = createRunner(stage, timing)
  const build = newBuild({ kind: 'freestyle', label: 'linux', scripts })
  runner.start(build, stageLease(stage, 'n1'))
  await settled()
  return { stage, link, runner, build }
}

const header = `Started by user admin
Running as SYSTEM
Building remotely on n1 in workspace /home/jenkins/agent/workspace/app
[app] $ /bin/sh -xe /tmp/jenkinsN.sh
`

describe('a freestyle build', () => {
  it('runs its shells in order on the node whose executor it holds', async () => {
    const { stage, link, build } = await begin(['one', 'two'])
    expect(link.runs).toMatchObject([{ script: 'one', directory: 'workspace/app', durable: false }])
    link.say('+ one\n')
    link.end(0)
    await settled()
    expect(link.runs[1]).toMatchObject({ script: 'two', env: { EXECUTOR_NUMBER: '0', JOB_NAME: 'app' } })
    link.end(0)
    await settled()
    expect(consoleOf(build)).toBe(`${header}+ one\n[app] $ /bin/sh -xe /tmp/jenkinsN.sh\nFinished: SUCCESS\n`)
    expect(stage.finished.get(build)).toBe('SUCCESS')
    expect(stage.held).toEqual([])
  })

  it('fails with the first shell that fails', async () => {
    const { stage, link, build } = await begin(['one', 'two'])
    link.end(2)
    await settled()
    expect(consoleOf(build)).toBe(
      `${header}Build step 'Execute shell' marked build as failure\nFinished: FAILURE\n`,
    )
    expect(link.runs).toHaveLength(1)
    expect(stage.held).toEqual([])
  })

  it('fails at once when the connection is lost', async () => {
    const { stage, build } = await begin(['one'])
    stage.disconnect('n1')
    await settled()
    expect(build.console).toContain(
      'FATAL: command execution failed\njava.nio.channels.ClosedChannelException\n',
    )
    expect(build.console).toContain("Backing channel 'n1' is disconnected.")
    expect(stage.finished.get(build)).toBe('FAILURE')
    expect(stage.held).toEqual([])
  })

  it('fails at once when the node is deleted, in the words that were recorded', async () => {
    const { stage, build } = await begin(['one'])
    stage.deleteNode('n1')
    await settled()
    expect(build.console).toContain(
      'FATAL: no longer a configured node for n1\njava.lang.IllegalStateException: no longer a configured node for n1\n',
    )
    expect(stage.finished.get(build)).toBe('FAILURE')
  })

  it('fails when its agent went away before it began', async () => {
    const stage = createStage()
    stage.makeNode('n1')
    const build = newBuild({ kind: 'freestyle', label: '', scripts: ['x'] })
    createRunner(stage).start(build, stageLease(stage, 'n1'))
    await settled()
    expect(stage.finished.get(build)).toBe('FAILURE')
    expect(stage.held).toEqual([])
  })

  it('is interrupted by stop', async () => {
    const { stage, link, runner, build } = await begin(['sleep 60'])
    runner.stop(build, 'ann')
    expect(link.interrupted).toEqual([link.runs[0]?.id])
    link.end(143)
    await settled()
    expect(consoleOf(build)).toBe(`${header}Build was aborted\nAborted by ann\nFinished: ABORTED\n`)
    expect(stage.held).toEqual([])
  })

  it('ends after a stop even when the process does not', async () => {
    const { stage, runner, build } = await begin(['sleep 60'], { interruptMs: 5 })
    runner.stop(build, 'ann')
    await vi.waitFor(() => expect(stage.finished.get(build)).toBe('ABORTED'))
  })

  it('does not live through a restart of the controller', async () => {
    const { build, runner, stage } = await begin(['x'])
    runner.suspend()
    stage.disconnect('n1')
    await settled()
    expect(stage.finished.size).toBe(0)
    const next = createStage()
    createRunner(next).resume(build)
    await settled()
    expect(next.finished.get(build)).toBe('FAILURE')
  })
})
