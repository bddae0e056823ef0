import { createDecipheriv } from 'node:crypto'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { agentSecret } from '../../../jenkins/practice/computers.ts'
import { exchangesOf } from '../../support/recordings.ts'
import { connectAgent, type FakeLink } from './fake-link.ts'
import { addTestNode } from './node-stage.ts'
import { type Replay, startReplay } from './replay.ts'

/** The practice controller against what a real Jenkins 2.498 answered: what agents ask, labels, builds. */
describe('endpoints, as recorded', () => {
  let replay: Replay
  beforeEach(async () => {
    replay = await startReplay()
  })
  afterEach(() => replay.controller.stop())

  test('agent.jar and the TCP listener', async () => {
    const notServed = 'the command line client is not served'
    const raw = 'raw bytes to the TCP port, which the next test sends'
    const plan = {
      part: [0, 22] as [number, number],
      differs: { 8: notServed, 9: notServed },
      unsent: { 17: raw, 18: raw, 19: raw, 20: raw, 21: raw },
    }
    expect(await replay.play('agent-endpoints', plan)).toEqual({})
  })

  test.each([17, 18, 19, 20, 21])('raw bytes to the TCP port: exchange %i', async (number) => {
    const exchange = exchangesOf('agent-endpoints')[number]
    const recorded = String(exchange?.response.body).replace(/Session: \w+/, 'Session: SESSION')
    const seen = await sendRaw(replay.controller.agentPort, exchange?.request.body ?? '')
    expect(seen.replace(/Session: [0-9a-f]{8}/, 'Session: SESSION')).toBe(recorded)
  })

  test('the TCP listener is 404 when there is no port', async () => {
    await replay.controller.stop()
    replay = await startReplay({ agentPort: 'off' })
    expect(await replay.play('agent-endpoints', { part: [22, 24] })).toEqual({})
  })

  test('what /wsagents/ says to those who only ask', async () => {
    const { controller } = replay
    addTestNode(controller, 'w1')
    addTestNode(controller, 'wtcp', {
      launcher: { $class: 'hudson.slaves.JNLPLauncher', webSocket: false },
    })
    addTestNode(controller, 'wssh', {
      launcher: { $class: 'hudson.plugins.sshslaves.SSHLauncher', host: '198.51.100.7' },
    })
    let agent: FakeLink
    const plan = {
      before: {
        17: () => {
          agent = connectAgent(controller, 'w1')
        },
        22: () => agent.lose(),
      },
      differs: { 23: 'the log has no stack trace' },
    }
    expect(await replay.play('wsagents-probe', plan)).toEqual({})
  })

  test('what /wsagents/ says to those who upgrade', async () => {
    const { controller } = replay
    addTestNode(controller, 'w1')
    addTestNode(controller, 'wssh', {
      launcher: { $class: 'hudson.plugins.sshslaves.SSHLauncher', host: '198.51.100.7' },
    })
    const noTrace = 'a connection on which no agent ever spoke leaves no offline cause'
    const plan = {
      before: { 11: () => connectAgent(controller, 'w1') },
      differs: { 1: noTrace, 9: noTrace },
    }
    expect(await replay.play('wsagents-upgrade', plan)).toEqual({})
  })

  test('the encrypted jnlp file opens with the first half of the secret', async () => {
    const { controller } = replay
    addTestNode(controller, 'jws')
    const exchange = exchangesOf('node-jnlp-delete')[9]
    if (!exchange) throw new Error('the recording has changed')
    const { body } = await replay.send(exchange)
    const secret = agentSecret(controller.state, 'jws')
    const key = Buffer.from(secret.slice(0, 32), 'hex')
    const decipher = createDecipheriv('aes-128-cfb8', key, body.subarray(0, 16))
    const xml = decipher.update(body.subarray(16)).toString()
    expect(xml).toMatch(`<jnlp><application-desc><argument>${secret}</argument><argument>jws</argument>`)
  })

  test('labels, load and plugins', async () => {
    const { controller } = replay
    addTestNode(controller, 'g1', { label: 'linux 4CPU8G' })
    connectAgent(controller, 'g1')
    for (const name of ['q1-free', 'q36-free', 'q5-free', 'q7-free', 'q9-free', 'qlang'])
      controller.createJob(name, { kind: 'freestyle', label: '4CPU8G', scripts: [] })
    controller.createJob('q33-free', { kind: 'freestyle', label: 'linux docker', scripts: [] })
    const unsmoothed = 'Jenkins smooths its load statistics over time; here they tell the present moment'
    const otherPlugins = 'the practice controller plays other plugins'
    const plan = {
      differs: {
        8: unsmoothed,
        10: unsmoothed,
        11: unsmoothed,
        13: otherPlugins,
        14: otherPlugins,
        15: otherPlugins,
      },
    }
    expect(await replay.play('labels-load-plugins', plan)).toEqual({})
  })

  test('what is read of jobs and builds', async () => {
    const { controller } = replay
    addTestNode(controller, 'g1', { label: 'linux 4CPU8G' })
    const agent = connectAgent(controller, 'g1')
    controller.state.nextQueueId = 123
    const build = async (job: string, exitCode: number) => {
      controller.build(job)
      const builds = () => controller.state.jobs.get(job)?.builds ?? []
      await expect.poll(() => agent.running()).toBeGreaterThan(0)
      agent.finish(exitCode)
      await expect.poll(() => builds()[0]?.building).toBe(false)
    }
    controller.createJob('lf', { kind: 'freestyle', label: 'linux', scripts: ['false'] })
    controller.createJob('ls', { kind: 'freestyle', label: 'linux', scripts: ['true'] })
    controller.createJob('lp', { kind: 'pipeline', script: "node('4CPU8G') { sh 'sleep 1' }" })
    await build('lf', 1)
    await build('ls', 0)
    await build('lp', 0)
    controller.state.nextQueueId = 128
    const otherJobs = 'jobs of other scenarios were there when this was recorded'
    const noRest = 'pipeline-rest-api and the flow graph are not played'
    const plan = {
      differs: {
        0: otherJobs,
        1: otherJobs,
        6: noRest,
        8: 'the recorded Pipeline had two node blocks, and no line said that nothing was left to do',
        9: noRest,
        10: noRest,
        11: noRest,
        12: noRest,
        13: noRest,
        14: noRest,
        15: noRest,
        19: 'a node has no page of its builds',
        20: 'there are no feeds',
      },
    }
    expect(await replay.play('jobs-and-builds', plan)).toEqual({})
  })
})

/** What comes back until the other side ends, or `<timeout>` when nothing does for a while. */
function sendRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.setTimeout(200, () => {
      socket.destroy()
      resolve('<timeout>')
    })
    socket.on('data', (data) => {
      received += data
    })
    socket.on('end', () => resolve(received))
    socket.on('error', reject)
  })
}
