import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { tcpService } from '../../../library/steps/tcp-service.ts'
import { listen } from '../../support/local-server.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { importImage } from '../support/image.ts'
import { callStep } from '../support/step-call.ts'

const run = promisify(execFile)
const talk = (text: string) =>
  `exec 3<>"/dev/tcp/$TCP_SERVICE_HOST/$TCP_SERVICE_PORT"; printf '%s\\n' '${text}' >&3; head -n 1 <&3`

describe('tcpService', () => {
  test('puts SQLite behind a port, for one client after the other, and leaves nothing', async () => {
    const folder = await tempDir()
    const call = await callStep(tcpService, {
      cwd: folder,
      parameters: {
        program: ['sqlite3', 'a "test" $(id).db'],
        command: [
          `(${talk('create table t (n); insert into t values (41); select n + 1 from t;')})`,
          `(${talk('select count(*) + 5 from t;')})`,
        ].join('\n'),
      },
    })
    const { status, log, results } = await call.phase('run')
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(log).toMatch(/42\n6\n/)
    expect(results.values).toMatchObject({ connections: 2 })
    expect(results.values.address).toBe(`127.0.0.1:${results.values.port}`)
    expect(await processesOf(call.folder)).toBe('')
  })

  test('listens on this machine alone, and takes no more connections than it may', async () => {
    const { call, port } = await begun({ program: ['cat'], connections: 2 })
    const { stdout } = await run('ss', ['-Hltn', `sport = :${port}`])
    expect(stdout).toContain(`127.0.0.1:${port}`)
    const [one, two, three] = [await client(port), await client(port), await client(port)]
    expect(await answer(one, 'first')).toBe('first')
    expect(await answer(two, 'second')).toBe('second')
    const third = answer(three, 'third')
    expect(await Promise.race([third, later(500)])).toBe('nothing yet')
    one.end()
    expect(await third).toBe('third')
    expect(await call.phase('end')).toMatchObject({ status: 0 })
  })

  test('ends connections that are silent, and every program with the step', async () => {
    const { call, port } = await begun({ program: ['sh', '-c', 'sleep 300 & cat; wait'], idle: '1s' })
    const silent = await client(port)
    await once(silent, 'close')
    await client(port)
    expect(await call.phase('end')).toMatchObject({ status: 0 })
    expect(await processesOf(call.folder)).toBe('')
    expect(await marked(call.id)).toEqual('')
  })

  test('runs the program in a container where it is told to, with the workspace in its place', async () => {
    const folder = await tempDir()
    await writeFile(join(folder, 'greeting'), 'hello from the workspace\n')
    const image = await importImage()
    const call = await callStep(tcpService, {
      cwd: folder,
      parameters: { program: ['sh', '-c', 'cat greeting; sleep 300'], image },
    })
    await call.phase('begin')
    const body = call.body('head -n 1 <"/dev/tcp/$TCP_SERVICE_HOST/$TCP_SERVICE_PORT"')
    expect((await body).log).toContain('hello from the workspace')
    expect(await call.phase('end')).toMatchObject({ status: 0 })
    const { stdout } = await run('docker', ['ps', '-aq', '--filter', `label=footman.call=${call.id}`])
    expect(stdout).toBe('')
  })

  test('refuses a port that is taken, a program that is not there, and an address that is not ours', async () => {
    const taken = await listen(createServer())
    for (const [parameters, says] of [
      [{ port: taken }, `the port ${taken} is taken`],
      [{ program: ['no-such-program'] }, 'this machine has no program no-such-program'],
      [{ program: ['./not-there'] }, 'the program ./not-there is not there'],
      [{ bind: '203.0.113.7' }, 'no free port was found on 203.0.113.7'],
    ] as const) {
      const call = await callStep(tcpService, {
        parameters: { program: ['cat'], command: 'true', ...parameters },
      })
      const { status, log } = await call.phase('run')
      expect({ status, log }).toMatchObject({ status: 1, log: expect.stringContaining(says) })
      expect(await processesOf(call.folder)).toBe('')
    }
  })

  test('leaves no process behind when it is ended in the middle', async () => {
    const call = await callStep(tcpService, {
      parameters: { program: ['cat'], command: `(${talk('x')}); echo started; sleep 300` },
    })
    const phase = call.start('run')
    await until('the command runs', () => phase.log().includes('started'))
    phase.process.kill('SIGTERM')
    expect((await phase.ended).status).toBe(143)
    expect(await processesOf(call.folder)).toBe('')
    expect(await marked(call.id)).toEqual('')
  })
})

async function begun(parameters: Record<string, unknown>) {
  const call = await callStep(tcpService, { parameters })
  const { status, log, results } = await call.phase('begin')
  expect({ status, log }).toMatchObject({ status: 0 })
  return { call, port: Number(results.values.port) }
}

async function client(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

async function answer(socket: Socket, word: string): Promise<string> {
  socket.write(`${word}\n`)
  const [chunk] = await once(socket, 'data')
  return String(chunk).trim()
}

function later(ms: number): Promise<string> {
  return new Promise((resolve) => setTimeout(resolve, ms, 'nothing yet'))
}

async function processesOf(folder: string): Promise<string> {
  return (await run('pgrep', ['-f', folder]).catch(() => ({ stdout: '' }))).stdout
}

/** Processes that inherited the mark of a call. */
async function marked(id: string): Promise<string> {
  const script = 'grep -lzxF "FOOTMAN_CALL=$1" /proc/[0-9]*/environ 2>/dev/null || true'
  return (await run('bash', ['-c', script, 'marked', id])).stdout
}
