import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { UserError } from '../../../core/errors.ts'
import {
  type PracticeController,
  type PracticeOptions,
  startPracticeController,
} from '../../../jenkins/practice/controller.ts'
import { connectAgent } from './fake-link.ts'
import { addTestNode, markTestNode, testNode } from './node-stage.ts'

describe('the practice controller', () => {
  const cleanUp: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const clean of cleanUp.splice(0).reverse()) await clean()
  })

  const start = async (options: PracticeOptions = {}): Promise<PracticeController> => {
    const controller = await startPracticeController({ users: [{ name: 'ann', token: 'TOKEN' }], ...options })
    cleanUp.push(() => controller.stop())
    return controller
  }

  test('a state file keeps nodes, marks, jobs and what waits, from one process to the next', async () => {
    const stateFile = join(await temporaryFolder(cleanUp), 'state.json')
    const first = await start({ stateFile })
    addTestNode(first, 'laptop', { label: 'linux "two words"' })
    markTestNode(first, 'laptop', 'on battery')
    first.createJob('waiting', { kind: 'freestyle', label: 'linux', scripts: ['true'] })
    const id = first.build('waiting')
    const secret = await secretOf(first, 'laptop')
    await first.stop()

    const second = await start({ stateFile })
    expect(testNode(second, 'laptop').config).toMatchObject({
      label: 'linux "two words"',
      offlineMark: { message: 'on battery' },
    })
    expect(await secretOf(second, 'laptop')).toBe(secret)
    expect(await get(second, 'queue/api/json?tree=items[id,why]')).toMatchObject({
      items: [{ id, why: '‘laptop’ is offline' }],
    })
    expect(JSON.parse(await readFile(stateFile, 'utf8')).format).toBe(1)
  })

  test('a file that is no state of ours is refused, and kept', async () => {
    const stateFile = join(await temporaryFolder(cleanUp), 'state.json')
    await writeFile(stateFile, '{"somebody": "else"}')
    const refusal = expect(startPracticeController({ stateFile })).rejects
    await refusal.toThrow(UserError)
    expect(await readFile(stateFile, 'utf8')).toBe('{"somebody": "else"}')
  })

  test('a port that is taken is a mistake of the caller', async () => {
    const first = await start()
    const port = Number(new URL(first.url).port)
    await expect(startPracticeController({ port })).rejects.toThrow(/Cannot listen on 127.0.0.1/)
  })

  test('a restart carries Pipelines on where they were, and aborts freestyle builds', async () => {
    const controller = await start()
    addTestNode(controller, 'n1', { label: 'one' })
    addTestNode(controller, 'n2', { label: 'two' })
    connectAgent(controller, 'n1')
    connectAgent(controller, 'n2')
    controller.createJob('pipe', { kind: 'pipeline', script: "node('one') { sh 'sleep 60' }" })
    controller.createJob('free', { kind: 'freestyle', label: 'two', scripts: ['sleep 60'] })
    controller.build('pipe')
    controller.build('free')
    await expect.poll(() => [...controller.state.computers.values()].every(isBusy)).toBe(true)

    await controller.restart({ downMs: 60 })

    expect(testNode(controller, 'n1').link).toBeUndefined()
    expect(await get(controller, 'job/free/1/api/json?tree=building,result')).toMatchObject({
      building: false,
      result: 'ABORTED',
    })
    expect(await get(controller, 'job/pipe/1/api/json?tree=building')).toMatchObject({ building: true })
    const waiting = { why: '‘n1’ is offline', task: { name: 'part of pipe #1' } }
    expect(await get(controller, 'queue/api/json?tree=items[why,task[name]]')).toMatchObject({
      items: [waiting],
    })
  })

  test('safeRestart waits for freestyle builds, and starts none', async () => {
    const controller = await start({ restartMs: 60 })
    addTestNode(controller, 'n1')
    const agent = connectAgent(controller, 'n1')
    controller.createJob('free', { kind: 'freestyle', scripts: ['sleep 60'] })
    controller.build('free')
    await expect.poll(() => agent.running()).toBe(1)
    const session = await sessionOf(controller)
    await post(controller, 'safeRestart')
    expect(await get(controller, 'api/json?tree=quietingDown')).toMatchObject({ quietingDown: true })
    agent.finish(0)
    await expect.poll(() => sessionOf(controller)).not.toBeOneOf([session, undefined])
    expect(await get(controller, 'job/free/1/api/json?tree=result')).toMatchObject({ result: 'SUCCESS' })
  })

  test('safeRestart is called off by cancelQuietDown', async () => {
    const controller = await start({ restartMs: 30 })
    addTestNode(controller, 'n1')
    const agent = connectAgent(controller, 'n1')
    controller.createJob('free', { kind: 'freestyle', scripts: ['sleep 60'] })
    controller.build('free')
    await expect.poll(() => agent.running()).toBe(1)
    const phases: string[] = []
    controller.on((event) => event.kind === 'phase' && phases.push(event.phase))
    await post(controller, 'safeRestart')
    await post(controller, 'cancelQuietDown')
    agent.finish(0)
    await expect.poll(() => controller.state.jobs.get('free')?.builds[0]?.result).toBe('SUCCESS')
    expect(phases).toEqual([])
  })

  test('a stop in the middle of a restart leaves nothing open', async () => {
    const controller = await start()
    const restarted = controller.restart({ downMs: 300 })
    await expect.poll(() => sessionOf(controller)).toBeUndefined()
    await controller.stop()
    await restarted
    await expect(fetch(controller.url)).rejects.toThrow()
  })

  test('an exclusive node takes only builds that ask for it', async () => {
    const controller = await start()
    addTestNode(controller, 'n1', { label: 'linux', mode: 'EXCLUSIVE' })
    const agent = connectAgent(controller, 'n1')
    controller.createJob('anywhere', { kind: 'freestyle', scripts: ['true'] })
    controller.createJob('here', { kind: 'freestyle', label: 'linux', scripts: ['true'] })
    controller.build('anywhere')
    controller.build('here')
    await expect.poll(() => agent.running()).toBe(1)
    expect(controller.state.jobs.get('anywhere')?.builds).toEqual([])
    expect(controller.state.jobs.get('here')?.builds).toHaveLength(1)
  })

  test('a build waits out its quiet period', async () => {
    const controller = await start({ quietPeriodMs: 80 })
    addTestNode(controller, 'n1')
    const agent = connectAgent(controller, 'n1')
    controller.createJob('quiet', { kind: 'freestyle', scripts: ['true'] })
    await post(controller, 'job/quiet/build')
    expect(await get(controller, 'queue/api/json?tree=items[why]')).toMatchObject({
      items: [{ _class: 'hudson.model.Queue$WaitingItem' }],
    })
    await expect.poll(() => agent.running()).toBe(1)
  })

  test('a Pipeline may be stopped, and its waiting node step cancelled', async () => {
    const controller = await start()
    controller.createJob('pipe', { kind: 'pipeline', script: "node('nobody') { sh 'true' }" })
    controller.build('pipe')
    const step = () => [...controller.state.queue.values()].find(({ task }) => task.kind === 'step')
    await expect.poll(step).toBeDefined()
    expect(await post(controller, `queue/cancelItem?id=${step()?.id}`)).toBe(204)
    await expect.poll(() => controller.state.jobs.get('pipe')?.builds[0]?.result).toBe('ABORTED')
    controller.build('pipe')
    await expect.poll(() => controller.state.jobs.get('pipe')?.builds[1]?.building).toBe(true)
    expect(await post(controller, 'job/pipe/2/stop')).toBe(302)
    await expect.poll(() => controller.state.jobs.get('pipe')?.builds[1]?.result).toBe('ABORTED')
    expect(await get(controller, 'queue/api/json?tree=items[id]')).toMatchObject({ items: [] })
  })

  test('everything stands below the context path', async () => {
    const controller = await start({ contextPath: '/jenkins' })
    expect(controller.url).toMatch(/\/jenkins\/$/)
    expect(await get(controller, 'api/json?tree=url')).toMatchObject({ url: controller.url })
    const outside = await fetch(controller.url.replace('/jenkins/', '/login'))
    expect(outside.status).toBe(404)
    const created = await fetch(`${controller.url}computer/doCreateItem`, {
      method: 'POST',
      headers: authorization,
      body: new URLSearchParams({ name: 'n1', type: 'hudson.slaves.DumbSlave', json: '{}' }),
      redirect: 'manual',
    })
    expect(created.headers.get('location')).toBe('/jenkins/computer/')
  })

  test('never says that it is Jenkins on a page', async () => {
    const controller = await start()
    const page = await (await fetch(controller.url, { headers: authorization })).text()
    expect(page).toContain('<title>footman practice controller</title>')
    expect(page).toContain('It is not Jenkins.')
  })

  test('a thousand waiting builds are told in little time, and requests are counted', async () => {
    const controller = await start()
    addTestNode(controller, 'n1', { label: 'linux' })
    for (let number = 0; number < 1000; number++) {
      controller.createJob(`job${number}`, {
        kind: 'freestyle',
        label: `${number % 40}CPU8G||gpu`,
        scripts: [],
      })
      controller.build(`job${number}`)
    }
    controller.requests.clear()
    const startedAtMs = performance.now()
    const tree = 'items[id,why,stuck,task[name,labelExpression]]'
    for (let time = 0; time < 5; time++) {
      const queue = await get(controller, `queue/api/json?tree=${tree}`)
      expect(queue).toMatchObject({ items: { length: 1000 } })
    }
    expect(performance.now() - startedAtMs).toBeLessThan(2000)
    expect(controller.requests.total).toBe(5)
    expect(controller.requests.latest.at(-1)).toMatchObject({
      method: 'GET',
      path: `/queue/api/json?tree=${tree}`,
    })
  })
})

const authorization = { Authorization: `Basic ${btoa('ann:TOKEN')}` }

async function get(controller: PracticeController, path: string): Promise<unknown> {
  const response = await fetch(controller.url + path, { headers: authorization })
  return response.json()
}

async function post(controller: PracticeController, path: string): Promise<number> {
  const response = await fetch(controller.url + path, {
    method: 'POST',
    headers: authorization,
    redirect: 'manual',
  })
  return response.status
}

async function secretOf(controller: PracticeController, node: string): Promise<string | undefined> {
  const response = await fetch(`${controller.url}computer/${node}/jenkins-agent.jnlp`, {
    headers: authorization,
  })
  return /<argument>([0-9a-f]{64})</.exec(await response.text())?.[1]
}

async function sessionOf(controller: PracticeController): Promise<string | undefined> {
  const response = await fetch(`${controller.url}login`).catch(() => undefined)
  return response?.headers.get('x-jenkins-session') ?? undefined
}

function isBusy(computer: { executors: unknown[] }): boolean {
  return computer.executors.every(Boolean)
}

async function temporaryFolder(cleanUp: (() => Promise<unknown>)[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'footman-practice-'))
  cleanUp.push(() => rm(folder, { recursive: true }))
  return folder
}
