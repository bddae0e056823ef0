import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { agentSecret } from '../../../jenkins/practice/computers.ts'
import { startPracticeController } from '../../../jenkins/practice/controller.ts'
import { startAgent } from './agent-process.ts'
import { addTestNode, testNode } from './node-stage.ts'

test('an agent’s process serves builds, and a Pipeline on it lives through a restart of the controller', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'footman-practice-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const controller = await startPracticeController()
  onTestFinished(() => controller.stop())
  addTestNode(controller, 'laptop', { label: '4CPU8G' })
  await writeFile(join(folder, 'secret'), agentSecret(controller.state, 'laptop'))
  const args = ['-url', controller.url, '-name', 'laptop', '-secret', `@${join(folder, 'secret')}`]
  await startAgent(folder, [...args, '-webSocket', '-workDir', folder])
  await expect.poll(() => testNode(controller, 'laptop').link?.remoteFs, { timeout: 5000 }).toBe(folder)

  const script = "node('4CPU8G') { sh 'echo before; until [ -e ../../go ]; do sleep 0.05; done; echo after' }"
  controller.createJob('pipe', { kind: 'pipeline', script })
  controller.createJob('free', {
    kind: 'freestyle',
    label: '4CPU8G',
    scripts: ['echo hello from $NODE_NAME'],
  })
  const buildOf = (job: string) => controller.state.jobs.get(job)?.builds[0]
  controller.build('free')
  await expect.poll(() => buildOf('free')?.result, { timeout: 5000 }).toBe('SUCCESS')
  expect(buildOf('free')?.console).toContain('\nhello from laptop\n')
  controller.build('pipe')
  await expect.poll(() => buildOf('pipe')?.console, { timeout: 5000 }).toContain('\nbefore\n')
  await controller.restart({ downMs: 300 })
  await writeFile(join(folder, 'go'), '')
  await expect.poll(() => buildOf('pipe')?.result, { timeout: 8000 }).toBe('SUCCESS')
  expect(buildOf('pipe')?.console).toMatch(/before\n.*after\n.*Finished: SUCCESS/s)
}, 20_000)
