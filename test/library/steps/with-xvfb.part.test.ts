import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { withXvfb } from '../../../library/steps/with-xvfb.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { importImage } from '../support/image.ts'
import { processesWith } from '../support/processes.ts'
import { callStep } from '../support/step-call.ts'

const run = promisify(execFile)

describe('withXvfb', () => {
  test('gives a command a display of the size that was asked for, and takes it away', async () => {
    const call = await callStep(withXvfb, {
      parameters: { command: 'xdpyinfo | grep dimensions', screen: '1024x600x24' },
    })
    const { status, log, results } = await call.phase('run')
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(log).toContain('1024x600 pixels')
    expect(results.values.display).toMatch(/^:[0-9]+$/)
    expect(existsSync(socketOf(String(results.values.display)))).toBe(false)
    expect(await processesWith(call.folder)).toEqual([])
  })

  test('keeps everybody out who has not got the cookie, which only the user of the agent can read', async () => {
    const call = await callStep(withXvfb)
    expect(await call.phase('begin')).toMatchObject({ status: 0 })
    const { log } = await call.body(
      'echo "file $(stat -c %a "$XAUTHORITY")"; XAUTHORITY=/dev/null xdpyinfo || echo kept out',
    )
    expect(log).toContain('file 600')
    expect(log).toContain('Authorization required')
    expect(log).toContain('kept out')
    const server = await commandLine('Xvfb', call.folder)
    expect(server).toContain('-nolisten tcp')
    const cookie = (await run('xauth', ['-f', join(call.folder, 'authority'), 'nlist'])).stdout
    expect(cookie).toMatch(/^ffff /)
    expect(server).not.toContain(cookie.trim().split(' ').at(-1))
  })

  test('gives two calls at the same time displays of their own', async () => {
    const calls = await Promise.all([callStep(withXvfb), callStep(withXvfb)])
    const begun = await Promise.all(calls.map((call) => call.phase('begin')))
    expect(begun.map(({ status }) => status)).toEqual([0, 0])
    const shown = await Promise.all(calls.map((call) => call.body('xdpyinfo | head -n 1')))
    expect(shown.map(({ status }) => status)).toEqual([0, 0])
    expect(new Set(shown.map(({ log }) => log)).size).toBe(2)
  })

  test('ends the server and everything that a body started on it, whichever way that went', async () => {
    const call = await callStep(withXvfb)
    await call.phase('begin')
    await call.body('setsid xclock >/dev/null 2>&1 & (xclock >/dev/null 2>&1 &); sleep 0.5')
    expect(programs(await processesWith(mark(call.id)))).toEqual(['Xvfb', 'xclock', 'xclock'])
    expect(await call.phase('end')).toMatchObject({ status: 0 })
    expect(await processesWith(mark(call.id))).toEqual([])
    expect(await call.phase('end')).toMatchObject({ status: 0 })
  })

  test('leaves no process, no socket and a picture when it is ended in the middle', async () => {
    const workspace = await tempDir()
    const call = await callStep(withXvfb, {
      parameters: {
        command: 'setsid xclock & sleep 60',
        screenshot: 'shots/failure.png',
        screen: '640x480x24',
      },
      cwd: workspace,
    })
    const phase = call.start('run')
    await until('the clock runs', async () => programs(await processesWith(mark(call.id))).includes('xclock'))
    await delay(500)
    const display = (await readFile(join(call.folder, 'display'), 'utf8')).trim()
    phase.process.kill('SIGTERM')
    expect(await phase.ended).toMatchObject({ status: 143 })
    expect(await processesWith(mark(call.id))).toEqual([])
    expect(existsSync(socketOf(`:${display}`))).toBe(false)
    expect(await coloursOf(join(workspace, 'shots/failure.png'))).toBeGreaterThan(1)
  })

  test('takes a picture of what a failing command left on the screen, and none of one that went well', async () => {
    const workspace = await tempDir()
    const screenshot = 'failure.png'
    await writeFile(join(workspace, screenshot), 'of an earlier build')
    const good = await callStep(withXvfb, { parameters: { command: 'true', screenshot }, cwd: workspace })
    expect(await good.phase('run')).toMatchObject({ status: 0 })
    expect(existsSync(join(workspace, screenshot))).toBe(false)
    const bad = await callStep(withXvfb, {
      parameters: { command: 'xclock & sleep 1; exit 3', screenshot },
      cwd: workspace,
    })
    expect(await bad.phase('run')).toMatchObject({ status: 3 })
    expect(await coloursOf(join(workspace, screenshot))).toBeGreaterThan(1)
  })

  test('takes a picture when a body failed', async () => {
    const workspace = await tempDir()
    const call = await callStep(withXvfb, { parameters: { screenshot: 'failure.png' }, cwd: workspace })
    await call.phase('begin')
    await call.body('(xclock >/dev/null 2>&1 &); sleep 0.5; false')
    await call.phase('end')
    expect(await coloursOf(join(workspace, 'failure.png'))).toBeGreaterThan(1)
  })

  test('takes away the socket that a killed server left behind', async () => {
    const call = await callStep(withXvfb)
    const { results } = await call.phase('begin')
    const display = new Map(results.environment).get('DISPLAY') ?? ''
    const [server = ''] = await processesWith(mark(call.id))
    process.kill(Number.parseInt(server, 10), 'SIGKILL')
    await until('it is gone', async () => (await processesWith(mark(call.id))).length === 0)
    expect(existsSync(socketOf(display))).toBe(true)
    await call.phase('end')
    expect(existsSync(socketOf(display))).toBe(false)
  })

  test('refuses xhost + in command and body', async () => {
    const call = await callStep(withXvfb, { parameters: { command: 'xhost -; xhost +' } })
    const { status, log } = await call.phase('run')
    expect(status).toBe(1)
    expect(log).toContain('access control enabled')
    expect(log).toContain('xhost + is refused')
  })

  test("says why a server does not start, with the server's own words", async () => {
    const call = await callStep(withXvfb, { parameters: { command: 'true', screen: '32767x32767x24' } })
    const { status, log } = await call.phase('run')
    expect(status).toBe(1)
    expect(log).toContain('Xvfb did not start with the screen 32767x32767x24')
    expect(log).toMatch(/Couldn't add screen/)
  })

  test('offers a viewer that only this machine reaches and that asks for a password', async () => {
    const call = await callStep(withXvfb, { parameters: { view: 'vnc' } })
    const { log } = await call.phase('begin')
    const port = /localhost:([0-9]+)/.exec(log)?.[1] ?? ''
    expect((await run('ss', ['-ltnH', `sport = :${port}`])).stdout.match(/[0-9.:[\]]+:\d+(?=\s)/)?.[0]).toBe(
      `127.0.0.1:${port}`,
    )
    // 3.8 of the protocol: a list of one way to get in, 2 = VNC Authentication.
    expect(await greet(Number(port))).toEqual([1, 2])
    const password = join(call.folder, 'vnc-password')
    expect(((await stat(password)).mode & 0o777).toString(8)).toBe('600')
    expect(log).not.toContain(await readFile(password, 'utf8'))
    await call.phase('end')
    expect(await processesWith(mark(call.id))).toEqual([])
  })
})

describe('withXvfb with view: x11', () => {
  test('shares a display by a cookie for this one display, and deletes nothing of its own', async () => {
    const desktop = await startDesktop()
    const call = await callStep(withXvfb, { parameters: { view: 'x11' }, env: desktop.env })
    expect(await call.phase('begin')).toMatchObject({ status: 0 })
    const { log } = await call.body('xdpyinfo | head -n 1; xauth nlist; echo "$X11_SOCKET"')
    expect(log).toContain(`name of display:    ${desktop.env.DISPLAY}`)
    expect(log).toMatch(/^ffff /m)
    expect(log).not.toContain(desktop.otherCookie)
    expect(log).toContain(socketOf(desktop.env.DISPLAY))
    expect(await call.phase('finish')).toMatchObject({ status: 0 })
    await call.phase('end')
    expect((await run('xdpyinfo', [], { env: { ...process.env, ...desktop.env } })).stdout).toContain(
      '640x480',
    )
  })

  test('lets a container in by its one socket and the cookie, under another host name and without the network', async () => {
    const image = await importImage({ programs: ['/usr/bin/xdpyinfo'] })
    const desktop = await startDesktop()
    const call = await callStep(withXvfb, { parameters: { view: 'x11' }, env: desktop.env })
    await call.phase('begin')
    const show = (more: string) =>
      call.body(
        `docker run --rm --network none --hostname elsewhere --volume "$X11_SOCKET:$X11_SOCKET:ro" --env DISPLAY ${more} ${image} xdpyinfo`,
      )
    const welcome = await show('--volume "$XAUTHORITY:$XAUTHORITY:ro" --env XAUTHORITY')
    expect(welcome.log).toContain('640x480 pixels')
    expect((await show('')).log).toContain('Authorization required')
  })

  test('refuses a display that xhost + has opened, before and after', async () => {
    const desktop = await startDesktop()
    const env = { ...process.env, ...desktop.env }
    const before = await callStep(withXvfb, { parameters: { view: 'x11' }, env: desktop.env })
    await before.phase('begin')
    await run('xhost', ['+'], { env })
    const ended = await before.phase('finish')
    expect(ended.status).toBe(1)
    const after = await callStep(withXvfb, { parameters: { view: 'x11' }, env: desktop.env })
    const { status, log } = await after.phase('begin')
    expect(status).toBe(1)
    expect(log).toContain('is open to everybody')
    expect(log).toContain('hint: close it: xhost -')
  })

  test.each([
    ['no display', {}, 'DISPLAY is empty'],
    ['a remote display', { DISPLAY: 'host:0' }, 'shares only a display of this machine'],
    ['a display that is not there', { DISPLAY: ':31999' }, 'has no socket'],
    [
      'a build of a controller',
      { DISPLAY: ':0', JENKINS_URL: 'http://127.0.0.1/' },
      'which no build of a controller may',
    ],
  ])('refuses %s', async (_, env, message) => {
    const call = await callStep(withXvfb, { parameters: { view: 'x11' }, env })
    const { status, log } = await call.phase('begin')
    expect(status).toBe(1)
    expect(log).toContain(message)
  })
})

/** A display as a developer has it: a server with a cookie, and a file with the cookies of two displays. */
async function startDesktop() {
  const folder = await tempDir()
  const authority = join(folder, 'Xauthority')
  const [cookie, otherCookie] = ['0123456789abcdef0123456789abcdef', 'fedcba9876543210fedcba9876543210']
  await run('xauth', ['-q', '-f', authority, 'add', ':0', '.', cookie])
  const server = spawn(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', '640x480x24', '-noreset', '-auth', authority],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    },
  )
  onTestFinished(() => void server.kill())
  let said = ''
  server.stdio[3]?.on('data', (chunk) => (said += String(chunk)))
  const number = await until('the desktop is there', () => said.endsWith('\n') && said.trim())
  await run('xauth', ['-q', '-f', authority, 'remove', ':0'])
  await run('xauth', ['-q', '-f', authority, 'add', `:${number}`, '.', cookie])
  await run('xauth', ['-q', '-f', authority, 'add', `:${Number(number) + 900}`, '.', otherCookie])
  return { env: { DISPLAY: `:${number}`, XAUTHORITY: authority }, otherCookie }
}

const mark = (id: string) => `FOOTMAN_CALL=${id}`

const socketOf = (display: string) => `/tmp/.X11-unix/X${display.slice(1)}`

const programs = (found: readonly string[]) => found.map((line) => line.replace(/^[0-9]+ /, '')).toSorted()

async function commandLine(program: string, argument: string): Promise<string> {
  const { stdout } = await run('ps', ['-eo', 'args'])
  return stdout.split('\n').find((line) => line.startsWith(program) && line.includes(argument)) ?? ''
}

async function coloursOf(picture: string): Promise<number> {
  return Number((await run('identify', ['-format', '%k', picture])).stdout)
}

/** What a viewer is offered when it says hello. */
async function greet(port: number): Promise<number[]> {
  const socket = createConnection(port, '127.0.0.1')
  try {
    let answer = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk])
    })
    await until('it says its version', () => answer.length >= 12)
    socket.write('RFB 003.008\n')
    await until('it says what it asks for', () => answer.length >= 14)
    return [...answer.subarray(12)]
  } finally {
    socket.destroy()
  }
}
