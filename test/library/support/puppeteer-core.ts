import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * The little of Puppeteer that the tests' scripts use, over a real browser's DevTools pipe. As Puppeteer does, it gives
 * the browser a process group of its own and a profile in the temporary folder, and finds it by PUPPETEER_EXECUTABLE_PATH.
 * The tests put it into a workspace, without its types, as the package puppeteer-core.
 */
export async function launch({ args = [] }: { args?: readonly string[] } = {}) {
  const profile = await mkdtemp(join(tmpdir(), 'puppeteer_dev_chrome_profile-'))
  const words = ['--headless=new', '--remote-debugging-pipe', `--user-data-dir=${profile}`, ...quiet, ...args]
  const child = spawn(process.env.PUPPETEER_EXECUTABLE_PATH ?? 'chromium', words, {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  })
  const connection = connect(child)
  return {
    async newPage() {
      const { targetId } = await connection.send('Target.createTarget', { url: 'about:blank' })
      const { sessionId } = await connection.send('Target.attachToTarget', { targetId, flatten: true })
      return openPage(connection, String(sessionId))
    },
    async close() {
      const exit = once(child, 'exit')
      await connection.send('Browser.close')
      await exit
    },
  }
}

/** Nothing but the page that is asked for goes over the network. */
const quiet = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

interface Connection {
  events: EventEmitter
  send(method: string, params?: Record<string, unknown>, sessionId?: string): Promise<Record<string, unknown>>
}

interface Message {
  id?: number
  method: string
  params: unknown
  result: Record<string, unknown>
  error?: { message: string }
}

async function openPage({ events, send }: Connection, sessionId: string) {
  const page = new EventEmitter()
  events.on('Runtime.consoleAPICalled', ({ type, args }: { type: string; args: { value: unknown }[] }) =>
    page.emit('console', { type: () => type, text: () => args.map(({ value }) => String(value)).join(' ') }),
  )
  events.on('Runtime.exceptionThrown', ({ exceptionDetails }: { exceptionDetails: { text: string } }) =>
    page.emit('pageerror', new Error(exceptionDetails.text)),
  )
  await send('Page.enable', {}, sessionId)
  await send('Runtime.enable', {}, sessionId)
  return Object.assign(page, {
    async goto(url: string) {
      const loaded = once(events, 'Page.loadEventFired')
      const { errorText } = await send('Page.navigate', { url }, sessionId)
      if (errorText) throw new Error(`${String(errorText)} at ${url}`)
      await loaded
    },
    async title() {
      const { result } = await send('Runtime.evaluate', { expression: 'document.title' }, sessionId)
      return (result as { value: string }).value
    },
    async screenshot({ path }: { path: string }) {
      const { data } = await send('Page.captureScreenshot', {}, sessionId)
      await writeFile(path, Buffer.from(String(data), 'base64'))
    },
  })
}

/** Messages are JSON, each ended by a zero byte: file descriptor 3 towards the browser, 4 from it. */
function connect(child: ChildProcess): Connection {
  const [toBrowser, fromBrowser] = [child.stdio[3], child.stdio[4]]
  if (!(toBrowser instanceof Socket && fromBrowser instanceof Socket)) throw new Error('there is no pipe')
  const waiting = new Map<number, (message: Message) => void>()
  const events = new EventEmitter()
  let id = 0
  let rest = ''
  fromBrowser.setEncoding('utf8')
  fromBrowser.on('data', (chunk) => {
    const messages = (rest + String(chunk)).split('\0')
    rest = messages.pop() ?? ''
    for (const message of messages.map((text) => JSON.parse(text) as Message)) {
      if (message.id === undefined) events.emit(message.method, message.params)
      else waiting.get(message.id)?.(message)
    }
  })
  const gone = new Promise<never>((_, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`the browser ended with ${code}`)))
  })
  gone.catch(() => undefined)
  return {
    events,
    async send(method, params = {}, sessionId) {
      id += 1
      const number = id
      const answered = new Promise<Message>((resolve) => waiting.set(number, resolve))
      toBrowser.write(`${JSON.stringify({ id: number, method, params, sessionId })}\0`)
      const { result, error } = await Promise.race([answered, gone])
      if (error) throw new Error(`${method}: ${error.message}`)
      return result
    },
  }
}
