import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, copyFile, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { shippedFile } from '../../../core/package.ts'
import { puppeteerTest } from '../../../library/steps/puppeteer-test.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { importImage } from '../support/image.ts'
import { processesWith } from '../support/processes.ts'
import { callStep } from '../support/step-call.ts'

const run = promisify(execFile)

/** Lets the script's node read TypeScript, of which the stand-in for puppeteer-core is made. */
const env = { NODE_OPTIONS: `--import=${import.meta.resolve('tsx')}` }

/** The tests run as root, whom Chrome refuses its sandbox; the pages are our own. */
const trusted = { sandbox: 'none', trustedContent: true }

/** What a project's own script looks like: an error on the console fails it, the picture is taken before. */
const script = `
import { launch } from 'puppeteer-core'
const browser = await launch()
const page = await browser.newPage()
const errors = []
page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
page.on('pageerror', (error) => errors.push(error.message))
await page.goto(process.argv[2])
console.log('title: ' + (await page.title()) + ', ' + process.env.GREETING)
await page.screenshot({ path: 'page.png' })
if (process.argv[3] !== 'hang') await browser.close()
if (process.argv[3] === 'hang') await new Promise((resolve) => setTimeout(resolve, 60_000))
for (const error of errors) console.log('on the console: ' + error)
process.exit(errors.length > 0 ? 1 : 0)
`

describe('puppeteerTest on the agent', () => {
  test('loads a page in a real browser and leaves a picture of it', async () => {
    const workspace = await project()
    const site = await serve('<title>Shop</title><body style="background: teal">')
    const call = await callStep(puppeteerTest, {
      parameters: { ...trusted, script: 'test/page.mjs', args: [site], env: { GREETING: 'two words $HOME' } },
      cwd: workspace,
      env,
    })
    const { status, log, results } = await call.phase('run')
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(log).toContain('title: Shop, two words $HOME')
    expect(results.values.browser).toMatch(/^Chromium [0-9]+/)
    expect(await colourOf(join(workspace, 'page.png'))).toBe('#008080')
    expect(await processesWith(call.folder)).toEqual([])
    expect(existsSync(`/tmp/footman-${call.id}`)).toBe(false)
  })

  test('fails with the script when the page writes an error on its console, and keeps the picture', async () => {
    const workspace = await project()
    const site = await serve('<title>Shop</title><script>console.error("no stock")</script>')
    const call = await callStep(puppeteerTest, {
      parameters: { ...trusted, script: 'test/page.mjs', args: [site] },
      cwd: workspace,
      env,
    })
    const { status, log } = await call.phase('run')
    expect(status).toBe(1)
    expect(log).toContain('on the console: no stock')
    expect(existsSync(join(workspace, 'page.png'))).toBe(true)
  })

  test('runs code that finds the packages of the workspace, whatever characters it is made of', async () => {
    const code =
      "import { launch } from 'puppeteer-core'\nconsole.log(typeof launch, process.argv[2], '`$(id)` %s')"
    const call = await callStep(puppeteerTest, {
      parameters: { ...trusted, code, args: ['--base'] },
      cwd: await project(),
      env,
    })
    const { status, log } = await call.phase('run')
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(log).toContain('function --base `$(id)` %s')
  })

  test('leaves no browser, profile or node when it is ended in the middle', async () => {
    const workspace = await project()
    const call = await callStep(puppeteerTest, {
      parameters: { ...trusted, script: 'test/page.mjs', args: [await serve('<title>Shop</title>'), 'hang'] },
      cwd: workspace,
      env,
    })
    const phase = call.start('run')
    await until('the page is there', () => existsSync(join(workspace, 'page.png')))
    expect((await processesWith(mark(call.id))).join(' ')).toMatch(/chromium/)
    expect((await readdir(`/tmp/footman-${call.id}`)).join(' ')).toContain('puppeteer_dev_chrome_profile')
    phase.process.kill('SIGTERM')
    expect(await phase.ended).toMatchObject({ status: 143 })
    expect(await processesWith(mark(call.id))).toEqual([])
    expect(existsSync(`/tmp/footman-${call.id}`)).toBe(false)
  })

  test('ends a script that takes too long, and a browser that a script forgot', async () => {
    const call = await callStep(puppeteerTest, {
      parameters: {
        ...trusted,
        script: 'test/page.mjs',
        args: [await serve('<title>Shop</title>'), 'hang'],
        timeout: '4s',
      },
      cwd: await project(),
      env,
    })
    const { status, log } = await call.phase('run')
    expect(status).toBe(1)
    expect(log).toContain('the script took longer than 4s')
    expect(await processesWith(mark(call.id))).toEqual([])
  })

  test.each([
    ['a script that is not there', { ...trusted, script: 'none.mjs' }, 'there is no script none.mjs'],
    ['a link out of the workspace', { ...trusted, script: 'link.mjs' }, 'lies outside the workspace'],
    [
      'a browser that is not there',
      { ...trusted, script: 'test/page.mjs', browser: '/none' },
      'there is no browser /none',
    ],
    ['root with a sandbox', { script: 'test/page.mjs' }, 'Chrome refuses to run as root with its sandbox'],
    [
      'no sandbox for pages of strangers',
      { script: 'test/page.mjs', sandbox: 'none' },
      "needs 'trustedContent: true'",
    ],
    [
      'a floating tag',
      { ...trusted, script: 'test/page.mjs', image: 'a/b:latest', pinned: true },
      'may be another one tomorrow',
    ],
    [
      'no tag',
      { ...trusted, script: 'test/page.mjs', image: 'host:5000/a/b', pinned: true },
      'may be another one tomorrow',
    ],
    ['script and code', { ...trusted, script: 'test/page.mjs', code: '1' }, 'exactly one of'],
  ])('refuses %s', async (_, parameters, message) => {
    const workspace = await project()
    await symlink('/etc/hostname', join(workspace, 'link.mjs'))
    const call = await callStep(puppeteerTest, { parameters, cwd: workspace })
    const { status, log } = await call.phase('run')
    expect(status).toBe(1)
    expect(log).toContain(message)
  })
})

describe('puppeteerTest in a container', () => {
  /** Tells what it sees, then waits for the file `go`. */
  const waiting = `
    import { execFileSync } from 'node:child_process'
    import { existsSync, readFileSync, writeFileSync } from 'node:fs'
    const { GREETING: greeting, HOME: home, PUPPETEER_EXECUTABLE_PATH: browser } = process.env
    const seen = { uid: process.getuid(), init: readFileSync('/proc/1/comm', 'utf8').trim(), home, greeting }
    if (browser) seen.browser = execFileSync(browser, ['--headless=new'], { encoding: 'utf8' }).trim()
    writeFileSync('out/seen.json', JSON.stringify(seen))
    for (let i = 0; i < 300 && !existsSync('go'); i++) await new Promise((done) => setTimeout(done, 100))
  `

  test('gets an init, shared memory, the capability for the sandbox and the user of the agent', async () => {
    const image = await nodeImage()
    const { workspace, running } = await runIn(image, {
      ...trusted,
      code: waiting,
      shmSize: '256m',
      network: 'none',
      env: { GREETING: 'two words "$x"' },
      browser: '/usr/bin/fake chrome',
    })
    const [container] = await inspect(`footman-${running.id}`)
    expect(container?.HostConfig).toMatchObject({
      Init: true,
      ShmSize: 256 * 1024 * 1024,
      CapAdd: null,
      SecurityOpt: ['no-new-privileges'],
      NetworkMode: 'none',
      AutoRemove: true,
    })
    expect(container?.Config).toMatchObject({
      User: '0:0',
      Labels: { 'jenkins.job': 'a job', 'jenkins.build': '7' },
    })
    const seen = JSON.parse(await readFile(join(workspace, 'out/seen.json'), 'utf8'))
    expect(seen).toEqual({
      uid: 0,
      init: 'docker-init',
      home: '/tmp',
      greeting: 'two words "$x"',
      browser: 'fake chrome: --no-sandbox --headless=new',
    })
    await writeFile(join(workspace, 'go'), '')
    expect(await running.ended).toMatchObject({ status: 0, results: { values: { browser: image } } })
    expect(await inspect(`footman-${running.id}`)).toEqual([])
  })

  test('lends the outputs to the user of the image, and takes them back', async () => {
    const image = await nodeImage()
    const { workspace, running } = await runIn(image, { code: waiting, user: 'image', outputs: 'out' })
    const [container] = await inspect(`footman-${running.id}`)
    expect(container?.HostConfig.CapAdd?.join()).toMatch(/^(CAP_)?SYS_ADMIN$/)
    expect(container?.Config).toMatchObject({ User: '1234:1234' })
    expect(JSON.parse(await readFile(join(workspace, 'out/seen.json'), 'utf8')).uid).toBe(1234)
    expect((await stat(join(workspace, 'out/seen.json'))).uid).toBe(1234)
    await writeFile(join(workspace, 'go'), '')
    expect(await running.ended).toMatchObject({ status: 0 })
    expect((await stat(join(workspace, 'out/seen.json'))).uid).toBe(0)
    expect((await stat(join(workspace, 'out'))).uid).toBe(0)
  })

  test('has the seccomp profile of the workspace instead of the capability', async () => {
    const image = await nodeImage()
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['acct'], action: 'SCMP_ACT_ERRNO' }],
    }
    const { workspace, running } = await runIn(
      image,
      { code: waiting, user: 'image', outputs: 'out', sandbox: 'seccomp', seccompProfile: 'chrome.json' },
      { 'chrome.json': JSON.stringify(profile) },
    )
    const [container] = await inspect(`footman-${running.id}`)
    expect(container?.HostConfig.CapAdd).toBeNull()
    expect(container?.HostConfig.SecurityOpt?.join()).toContain('"acct"')
    await writeFile(join(workspace, 'go'), '')
    expect(await running.ended).toMatchObject({ status: 0 })
  })

  test('is gone when the step is ended in the middle, and the outputs are back', async () => {
    const image = await nodeImage()
    const { workspace, running } = await runIn(image, { code: waiting, user: 'image', outputs: 'out' })
    running.process.kill('SIGTERM')
    expect(await running.ended).toMatchObject({ status: 143 })
    expect(await inspect(`footman-${running.id}`)).toEqual([])
    expect((await stat(join(workspace, 'out'))).uid).toBe(0)
  })

  test('is removed by the cleanup even when its client was killed', async () => {
    const image = await nodeImage()
    const { running, call } = await runIn(image, { ...trusted, code: waiting })
    running.process.kill('SIGKILL')
    await running.exited
    expect(await inspect(`footman-${running.id}`)).toHaveLength(1)
    await call.phase('end')
    expect(await inspect(`footman-${running.id}`)).toEqual([])
  })

  async function nodeImage(): Promise<string> {
    return importImage({
      programs: ['/usr/bin/node'],
      files: {
        'usr/bin/fake chrome': '#!/bin/sh\necho "fake chrome: $*"\n',
        'etc/passwd': 'root:x:0:0::/root:/bin/sh\npptruser:x:1234:1234::/home:/bin/sh\n',
      },
      changes: ['USER 1234:1234'],
    })
  }

  async function runIn(
    image: string,
    parameters: Record<string, unknown>,
    files: Record<string, string> = {},
  ) {
    const workspace = await project()
    await mkdir(join(workspace, 'out'))
    await chown(workspace, 0, 0)
    await chmod(workspace, 0o755)
    for (const [name, text] of Object.entries(files)) await writeFile(join(workspace, name), text)
    const call = await callStep(puppeteerTest, { parameters: { image, ...parameters }, cwd: workspace })
    const phase = call.start('run')
    const exited = new Promise((resolve) => phase.process.once('exit', resolve))
    await until(
      'the script is there',
      () => {
        if (phase.process.exitCode !== null) throw new Error(phase.log())
        return existsSync(join(workspace, 'out/seen.json'))
      },
      { withinMs: 60_000 },
    )
    return { workspace, call, running: { ...phase, id: call.id, exited } }
  }
})

const inspected = z.array(
  z.object({
    Config: z.record(z.string(), z.unknown()),
    HostConfig: z.looseObject({
      CapAdd: z.array(z.string()).nullable(),
      SecurityOpt: z.array(z.string()).nullable(),
    }),
  }),
)

/** Empty when there is no such container. */
async function inspect(name: string) {
  const { stdout } = await run('docker', ['container', 'inspect', name]).catch(() => ({ stdout: '[]' }))
  return inspected.parse(JSON.parse(stdout))
}

/** A workspace with a script, and with a package puppeteer-core as `npm ci` would have left it. */
async function project(): Promise<string> {
  const workspace = await tempDir()
  await mkdir(join(workspace, 'test'))
  await writeFile(join(workspace, 'test/page.mjs'), script)
  const library = join(workspace, 'node_modules/puppeteer-core')
  await mkdir(library, { recursive: true })
  await writeFile(join(library, 'package.json'), '{ "type": "module", "exports": "./index.ts" }')
  await copyFile(shippedFile('test/library/support/puppeteer-core.ts'), join(library, 'index.ts'))
  return workspace
}

async function serve(page: string): Promise<string> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(page)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}/`
}

const mark = (id: string) => `FOOTMAN_CALL=${id}`

/** Of the pixel in the middle. */
async function colourOf(picture: string): Promise<string> {
  const { stdout } = await run('convert', [picture, '-gravity', 'center', '-crop', '1x1+0+0', 'txt:-'])
  return /#[0-9A-F]{6}/.exec(stdout)?.[0] ?? stdout
}
