import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { tempDir } from '../../support/temp-dir.ts'
import { agentArgs, isRunning, runTask, startAgent } from './agent-process.ts'
import { openDoor } from './practice-door.ts'

const webSocket = '-webSocket'

describe('the command line', () => {
  it('prints its version', async () => {
    const agent = await startAgent(await tempDir(), ['-version'])
    expect(await agent.ended).toBe(0)
    expect(agent.output()).toMatch(/^3283\.\S+\n$/)
  })

  it.each([
    ['an unknown option', ['-fast'], '"-fast" is not a valid option'],
    ['no secret', ['-url', 'http://127.0.0.1:1/', '-name', 'w1'], '"-secret" is needed'],
    ['a missing @file', ['-secret', '@/no/such/file'], 'no such file: /no/such/file'],
    ['an option without its value', ['-name'], '"-name" takes an operand'],
    [
      '-webSocket with -tunnel',
      ['-url', 'x', '-name', 'x', '-secret', 'x', webSocket, '-tunnel', ':1'],
      '-tunnel',
    ],
    [
      'a strange duration',
      ['-url', 'x', '-name', 'x', '-secret', 'x', '-noReconnectAfter', 'soon'],
      'duration',
    ],
  ])('explains %s and ends with 0, as agent.jar does', async (_, args, reason) => {
    const agent = await startAgent(await tempDir(), args)
    expect(await agent.ended).toBe(0)
    expect(agent.output()).toContain(reason)
    expect(agent.output()).toContain('java -jar agent.jar [options...]')
  })
})

describe.each([
  ['WebSocket', [webSocket], 'websocket', ['WebSocket connection open']],
  [
    'TCP',
    [],
    'tcp',
    ['Agent discovery successful', 'Trying protocol: JNLP4-connect', 'Remote identity confirmed: '],
  ],
] as const)('over %s', (_, transportArgs, transport, markers) => {
  async function connected(speedup?: number) {
    const [folder, door] = await Promise.all([tempDir(), openDoor()])
    const args = [...(await agentArgs(folder, door.url, 'w1')), ...transportArgs]
    return { folder, door, args, agent: await startAgent(folder, args, speedup), link: await door.link('w1') }
  }

  it('connects, says so as remoting does, and announces its root', async () => {
    const { agent, link, folder } = await connected()
    await agent.says('INFO: Connected')
    for (const marker of ['Setting up agent: w1', `Using ${folder}/work/remoting as`, ...markers]) {
      expect(agent.output()).toContain(marker)
    }
    expect(link).toMatchObject({ transport, remoteFs: join(folder, 'work'), tasks: [] })
  })

  it('runs a script with -xe in its folder and tells output and exit code', async () => {
    const { folder, link } = await connected()
    const task = runTask(link, 'pwd\necho "$WHO"\nexit 3\necho never', { env: { WHO: 'me' } })
    expect(await task.ended).toBe(3)
    const lines = ['+ pwd', `${folder}/work/workspace/job`, '+ echo me', 'me', '+ exit 3', '']
    expect(task.output()).toBe(lines.join('\n'))
    expect(link.tasks).toEqual(['job#1/0'])
    await vi.waitFor(async () => expect(await readdir(join(folder, 'work/remoting/tasks'))).toEqual([]))
  })

  it('carries scripts and output that do not fit into one frame', async () => {
    const { link } = await connected()
    const line = 'ü'.repeat(50_000)
    const task = runTask(link, `#!/bin/sh\nfor n in 1 2 3; do echo ${line}; done`)
    expect(await task.ended).toBe(0)
    expect(task.output()).toBe(`${line}\n`.repeat(3))
    expect(task.seenBytes()).toBe(3 * 100_001)
  })

  it('keeps a task through a lost connection and goes on where the controller left off', async () => {
    const { door, link, folder } = await connected()
    const before = runTask(link, `echo one; until [ -e ${folder}/go ]; do sleep 0.02; done; set +x; echo two`)
    await before.says('one\n')
    link.close('the network is gone')
    const back = await door.link('w1')
    expect(back.tasks).toEqual(['job#1/0'])
    const after = runTask(back, 'never used', { seenBytes: before.seenBytes() })
    runTask(back, `touch ${folder}/go`, { id: 'job#1/1' })
    expect(await after.ended).toBe(0)
    expect(before.output() + after.output()).toMatch(/^\+ echo one\none\n(\+ .*\n)*two\n$/)
  })

  it('ends a task that is not durable with the connection', async () => {
    const { door, link } = await connected()
    const task = runTask(link, 'echo pid=$$; sleep 60', { durable: false })
    await task.says('sleep 60')
    const pid = Number(/^pid=(\d+)$/m.exec(task.output())?.[1])
    link.close('the network is gone')
    await door.link('w1')
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), 5000)
  })

  it('ends with 0 after the connection when it may not reconnect', async () => {
    const [folder, door] = await Promise.all([tempDir(), openDoor()])
    const args = [...(await agentArgs(folder, door.url, 'w1')), ...transportArgs, '-noReconnect']
    const agent = await startAgent(folder, args)
    const link = await door.link('w1')
    link.close('disconnected by admin')
    expect(await agent.ended).toBe(0)
    expect(agent.output()).toMatch(/INFO: Connected\n(.*\n)*INFO: Terminated\n$/)
  })

  it('comes back by itself otherwise', async () => {
    const { agent, link, door } = await connected()
    link.close('disconnected by admin')
    await door.gone('w1')
    await door.link('w1')
    expect(agent.output()).toMatch(/INFO: Terminated\n(.*\n)*INFO: Performing onReconnect operation\./)
  })

  it('ends with 143 on SIGTERM and leaves no process behind', async () => {
    const { agent, link, door } = await connected()
    const task = runTask(link, 'echo pid=$$; sleep 60')
    await task.says('sleep 60')
    agent.child.kill('SIGTERM')
    expect(await agent.ended).toBe(143)
    await door.gone('w1')
    const pid = Number(/^pid=(\d+)$/m.exec(task.output())?.[1])
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false))
  })

  it('finds its tasks again after it was killed and started anew', async () => {
    const { agent, link, door, folder, args } = await connected()
    const before = runTask(link, `echo one; until [ -e ${folder}/go ]; do sleep 0.02; done; echo two; exit 5`)
    await before.says('one\n')
    agent.child.kill('SIGKILL')
    await door.gone('w1')
    await startAgent(folder, args)
    const back = await door.link('w1')
    expect(back.tasks).toEqual(['job#1/0'])
    const after = runTask(back, 'never used', { seenBytes: before.seenBytes() })
    runTask(back, `touch ${folder}/go`, { id: 'job#1/1' })
    expect(await after.ended).toBe(5)
    expect(after.output()).toContain('two\n')
    expect(after.output()).not.toContain('one\n')
  })

  it('interrupts a task', async () => {
    const { link } = await connected(1)
    const task = runTask(link, 'sleep 60')
    await task.says('sleep')
    link.interrupt('job#1/0')
    expect(await task.ended).toBe(143)
  })

  it('ends a task by force when it does not listen', async () => {
    const { link } = await connected()
    const task = runTask(link, "trap '' TERM\nwhile true; do sleep 1; done")
    await task.says('sleep')
    link.interrupt('job#1/0')
    expect(await task.ended).toBe(137)
  })

  it('tells that a task has vanished when its process is gone without a word', async () => {
    const { link } = await connected()
    const task = runTask(link, 'kill -9 $PPID')
    expect(await task.ended).toBeUndefined()
  })

  it.each([
    ['a wrong secret', 'w1', '0'.repeat(64), 'Authorization failure'],
    ['an unknown node', 'nosuch', 'x', 'Unknown client name: nosuch'],
  ])('is refused with %s and gives up after its patience', async (_case, name, secret, reason) => {
    const [folder, door] = await Promise.all([tempDir(), openDoor()])
    const args = ['-url', door.url, '-name', name, '-secret', secret, '-workDir', 'work', ...transportArgs]
    const agent = await startAgent(folder, [...args, '-noReconnectAfter', '8s'], 100)
    expect(await agent.ended).toBe(0)
    expect(agent.output()).toContain('Bailing out')
    expect(agent.output()).toContain(transport === 'tcp' ? reason : 'Failed to connect: Handshake error.')
    expect(door.links.size).toBe(0)
  })

  it('is refused while another agent has its name, and does not disturb that one', async () => {
    const { link, args, door } = await connected()
    const folder = await tempDir()
    const second = await startAgent(folder, [...args, '-noReconnectAfter', '8s'], 100)
    expect(await second.ended).toBe(0)
    if (transport === 'tcp') expect(second.output()).toContain('w1 is already connected to this controller')
    expect(door.links.get('w1')).toBe(link)
  })
})

describe('giving up before the first connection', () => {
  it('over TCP with -noReconnect: 255 when the controller is down', async () => {
    const folder = await tempDir()
    const args = [...(await agentArgs(folder, 'http://127.0.0.1:9/', 'w1')), '-noReconnect']
    const agent = await startAgent(folder, args)
    expect(await agent.ended).toBe(255)
  })

  it('over TCP with -noReconnect: 0 after one pause when refused', async () => {
    const [folder, door] = await Promise.all([tempDir(), openDoor()])
    const args = ['-url', door.url, '-name', 'w1', '-secret', 'wrong', '-workDir', 'work', '-noReconnect']
    const agent = await startAgent(folder, args)
    expect(await agent.ended).toBe(0)
    expect(agent.output()).toContain('reconnect rejected, sleeping 10s')
    expect(agent.output().match(/Handshaking/g)).toHaveLength(1)
  })

  it('over WebSocket not at all with -noReconnect: it tries until the controller answers', async () => {
    const [folder, door] = await Promise.all([tempDir(), openDoor()])
    door.loginStatus = 503
    const args = [...(await agentArgs(folder, door.url, 'w1')), webSocket, '-noReconnect']
    const agent = await startAgent(folder, args)
    await agent.says(`${door.url}login is not ready: 503`)
    expect(door.knocks).toHaveLength(0)
    door.loginStatus = 200
    await door.link('w1')
  })
})

it('sends the headers of remoting, and the cookie again when it returns within its first seconds', async () => {
  const [folder, door] = await Promise.all([tempDir(), openDoor()])
  const args = [
    ...(await agentArgs(folder, door.url, 'w1')),
    webSocket,
    '-webSocketHeader',
    'X-Team=red=blue',
  ]
  await startAgent(folder, args, 1)
  const link = await door.link('w1')
  link.close('at once')
  await door.gone('w1')
  await door.link('w1')
  const [first, second] = door.knocks.map((request) => request.headers)
  expect(first).toMatchObject({ 'node-name': 'w1', 'x-team': 'red=blue' })
  expect(first?.['x-remoting-capability']).toMatch(/^rO0ABXNyABpodWRzb24ucmVtb3Rpbmcu/)
  expect(first?.['connection-cookie']).toBeUndefined()
  expect(second?.['connection-cookie']).toBe('c'.repeat(64))
})
