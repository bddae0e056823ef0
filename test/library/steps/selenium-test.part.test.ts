import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { seleniumTest } from '../../../library/steps/selenium-test.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { processesWith } from '../support/processes.ts'
import { callStep } from '../support/step-call.ts'

const run = promisify(execFile)

/** A test as people write it, over the WebDriver protocol alone: what it should do comes as its last argument. */
const script = `
import { writeFileSync } from 'node:fs'
const [site, ending] = process.argv.slice(2)
const ask = async (method, path, body) => {
  const response = await fetch(process.env.WEBDRIVER_URL + path, { method, ...(body && { body: JSON.stringify(body) }) })
  const { value } = await response.json()
  if (!response.ok) throw new Error(value.message)
  return value
}
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--window-position=0,0', '--window-size=1920,1080', ...(process.env.HEADLESS === 'true' ? ['--headless=new'] : [])]
const { sessionId, capabilities } = await ask('POST', '/session', {
  capabilities: { alwaysMatch: { browserName: 'chrome', 'goog:chromeOptions': { args } } },
})
const at = '/session/' + sessionId
await ask('POST', at + '/url', { url: site })
const title = await ask('GET', at + '/title')
const link = await ask('POST', at + '/element', { using: 'css selector', value: 'button' })
await ask('POST', at + '/element/' + Object.values(link)[0] + '/click', {})
console.log('saw', title, 'then', await ask('GET', at + '/title'), 'profile', capabilities.chrome.userDataDir)
console.log('display', process.env.DISPLAY ?? 'none', 'remote', process.env.SELENIUM_REMOTE_URL === process.env.WEBDRIVER_URL)
if (ending === 'fail') await new Promise((done) => setTimeout(done, 1500))
if (ending === 'fail') process.exit(7)
writeFileSync('ready', '')
if (ending === 'hang') await new Promise((done) => setTimeout(done, 60_000))
if (ending !== 'forget') await ask('DELETE', at)
`

const page =
  '<title>Shop</title><body style="background: teal"><button onclick="document.title = \'Bought\'">Buy</button>'

describe('seleniumTest', () => {
  test('drives a real browser without a display', async () => {
    const { call } = await prepare()
    const { status, log, results } = await call.phase('run')
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(log).toContain('saw Shop then Bought')
    expect(log).toContain('display none remote true')
    expect(log).toContain(`profile /tmp/footman-${call.id}/`)
    expect(results.values.display).toBeUndefined()
    await expectNothingLeft(call)
  })

  test('drives a real browser in a window on a display of its own', async () => {
    const { call } = await prepare({ headless: false, screen: '1024x768x24' })
    const { status, log, results } = await call.phase('run')
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(log).toContain('saw Shop then Bought')
    expect(log).toContain(`display ${String(results.values.display)}`)
    await expectNothingLeft(call)
  })

  test('leaves a picture of the window in which a test failed', async () => {
    const { call, workspace } = await prepare({ headless: false, screenshot: 'reports/screen.png' }, 'fail')
    const { status } = await call.phase('run')
    expect(status).toBe(7)
    expect(await colourOf(join(workspace, 'reports/screen.png'))).toBe('#008080')
    await expectNothingLeft(call)
  })

  test('ends a browser that a test forgot to close', async () => {
    const { call } = await prepare({}, 'forget')
    expect(await call.phase('run')).toMatchObject({ status: 0 })
    await expectNothingLeft(call)
  })

  test('leaves no driver, browser or display when it is ended in the middle', async () => {
    const { call, workspace } = await prepare({ headless: false }, 'hang')
    const phase = call.start('run')
    await until('the test is there', () => existsSync(join(workspace, 'ready')))
    const running = (await processesWith(mark(call.id))).join(' ')
    for (const program of ['Xvfb', 'chromedriver', 'chromium', 'node']) expect(running).toContain(program)
    phase.process.kill('SIGTERM')
    expect(await phase.ended).toMatchObject({ status: 143 })
    await expectNothingLeft(call)
  })

  test('gives two runs at the same time drivers and displays of their own', async () => {
    const runs = await Promise.all([prepare({ headless: false }), prepare({ headless: false })])
    const ended = await Promise.all(runs.map(({ call }) => call.phase('run')))
    expect(ended.map(({ status }) => status)).toEqual([0, 0])
    expect(new Set(ended.map(({ results }) => results.values.display)).size).toBe(2)
  })

  test.each([
    ['a driver that is not there', { driver: '/none' }, 'there is no driver /none'],
    ['a driver that does not start', { driver: '/bin/false' }, '/bin/false did not start'],
    ['firefox without geckodriver', { browser: 'firefox' }, 'it needs geckodriver'],
    ['a picture without a display', { screenshot: 'a.png' }, "needs 'headless: false'"],
    ['a viewer without a display', { view: 'vnc' }, "needs 'headless: false'"],
  ])('refuses %s', async (_, parameters, message) => {
    const { call } = await prepare(parameters)
    const { status, log } = await call.phase('run')
    expect(status).toBe(1)
    expect(log).toContain(message)
    await expectNothingLeft(call)
  })
})

async function prepare(parameters: Record<string, unknown> = {}, ending = 'quit') {
  const workspace = await tempDir()
  await writeFile(join(workspace, 'test.mjs'), script)
  const site = await serve()
  const call = await callStep(seleniumTest, {
    parameters: { command: `exec node test.mjs ${site} ${ending}`, ...parameters },
    cwd: workspace,
  })
  return { call, workspace }
}

async function expectNothingLeft({ id }: { id: string }): Promise<void> {
  expect(await processesWith(mark(id))).toEqual([])
  expect((await readdir('/tmp')).filter((name) => name.includes(id))).toEqual([])
}

async function serve(): Promise<string> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(page)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const mark = (id: string) => `FOOTMAN_CALL=${id}`

/** Of one pixel, well inside the page and beside the pointer of the mouse. */
async function colourOf(picture: string): Promise<string> {
  const { stdout } = await run('convert', [picture, '-crop', '1x1+300+800', 'txt:-'])
  return /#[0-9A-F]{6}/.exec(stdout)?.[0] ?? stdout
}
