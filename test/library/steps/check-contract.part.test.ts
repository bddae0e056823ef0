import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { XMLParser } from 'fast-xml-parser'
import { describe, expect, test } from 'vitest'
import { checkContract } from '../../../library/steps/check-contract.ts'
import { promoteImage } from '../../../library/steps/promote-image.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { importImage } from '../support/image.ts'
import { digestAt } from '../support/oci-image.ts'
import { startRegistry } from '../support/registry.ts'
import { callStep } from '../support/step-call.ts'

const run = promisify(execFile)

/** A small service: needs DATABASE_URL, answers /health, and ends when it is told to. */
const serve = `#!/bin/sh
[ -n "$DATABASE_URL" ] || { echo 'DATABASE_URL is missing' >&2; exit 3; }
mkdir -p /tmp/www && echo well >/tmp/www/health
httpd -p "\${ADDRESS:-0.0.0.0}:8080" -h /tmp/www
trap 'exit 0' TERM
while :; do sleep 1 & wait $!; done
`

const changes = [
  'EXPOSE 8080',
  'ENV LOG_LEVEL=info',
  'USER nobody',
  'VOLUME /data',
  'ENTRYPOINT ["/serve"]',
  'CMD ["--quietly", "two words"]',
  'LABEL org.example.team="a, b" org.example.source=https://example.com/x',
  'HEALTHCHECK --interval=1s CMD ["true"]',
]

const contract = `# What people rely on
ports:
  - 8080
environment:
  LOG_LEVEL: info
required:
  DATABASE_URL: "sqlite:$(footman_canary) it's"
volumes:
  - /data
user: not-root
entrypoint:
  - /serve
command:
  - "--quietly"
  - two words
health:
  port: 8080
  path: /health
  within: 30s
labels:
  org.example.team: a, b
  org.example.source: "*"
size: 50m
stop: 5s
secrets: none
`

describe('checkContract', () => {
  test('proves every promise of an image that keeps them, and promoteImage takes the report', async () => {
    const image = await importImage({ files: { serve }, changes })
    const { check, folder, report } = await bench(contract)
    const { status, log, results, id } = await check({ image })
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(results.values).toMatchObject({ broken: [], imageId: await idOf(image) })
    const { suite, cases } = await report()
    expect(suite).toMatchObject({ failures: '0', errors: '0', tests: String(cases.length) })
    expect(results.values.checked).toBe(cases.length)
    expect(cases.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'port 8080 is exposed',
        'LOG_LEVEL has its default',
        'it refuses to start without DATABASE_URL',
        'answers /health on port 8080 within 30s',
        'something listens on port 8080',
        '/data is mounted',
        'no process of it runs as root',
        'ends within 5s after SIGTERM',
      ]),
    )
    expect(await containersOf(id)).toBe('')

    const [dev, prod] = await Promise.all([startRegistry(await tempDir()), startRegistry(await tempDir())])
    await run('docker', ['tag', image, `${dev.host}/app:1`])
    await run('docker', ['push', '-q', `${dev.host}/app:1`])
    await run('docker', ['rmi', `${dev.host}/app:1`])
    const parameters = {
      source: `${dev.host}/app:1`,
      target: `${prod.host}/app:1`,
      allowMutable: true,
      plainHttp: [dev.host, prod.host],
      contract: 'image-contract.xml',
    }
    const promoted = await (await callStep(promoteImage, { parameters, cwd: folder })).phase('run')
    expect({ status: promoted.status, log: promoted.log }).toMatchObject({ status: 0 })
    expect(await digestAt(`${prod.host}/app:1`)).toBe(promoted.results.values.digest)
  })

  test('names every promise that is broken, and shows no secret', async () => {
    const stubborn = '#!/bin/sh\nwhile :; do sleep 1; done\n'
    const image = await importImage({
      files: { serve: stubborn },
      changes: [
        'ENTRYPOINT ["/serve"]',
        'ENV LOG_LEVEL=debug DATABASE_URL=here API_TOKEN=very-hidden REPO=https://me:hush@example.com/x',
        'LABEL org.example.source=',
      ],
    })
    const { check, report } = await bench(contract.replace('within: 30s', 'within: 1s').replace('50m', '10k'))
    const { status, log, results, id } = await check({ image, startTimeout: '1s', refusalTimeout: '1s' })
    expect(status).toBe(1)
    expect(log).not.toMatch(/very-hidden|hush/)
    const { suite, cases } = await report()
    const broken = cases.filter(({ failure }) => failure !== undefined).map(({ name }) => name)
    expect(results.values.broken).toEqual(broken)
    expect(suite.failures).toBe(String(broken.length))
    expect(broken).toEqual([
      'port 8080 is exposed',
      'LOG_LEVEL has its default',
      'DATABASE_URL has no default',
      '/data is a volume',
      'label org.example.team',
      'label org.example.source',
      'command is as promised',
      'at most 10k',
      'its user is not root',
      'no secret: a login in a URL',
      'no secret: a variable that is named like one',
      'it refuses to start without DATABASE_URL',
      'answers /health on port 8080 within 1s',
      'something listens on port 8080',
      '/data is mounted',
      'no process of it runs as root',
      'ends within 5s after SIGTERM',
    ])
    expect(log).toContain('image-contract.yaml')
    expect(await containersOf(id)).toBe('')
  })

  test('is not taken in by a program that listens for its own container only', async () => {
    const image = await importImage({ files: { serve }, changes })
    const { check } = await bench('ports:\n  - 8080\nrequired:\n  DATABASE_URL: x\n')
    const { status, results } = await check({ image, env: { ADDRESS: '127.0.0.1' }, startTimeout: '2s' })
    expect(status).toBe(1)
    expect(results.values.broken).toEqual(['something listens on port 8080'])
  })

  test('waits for the check that the image brings along', async () => {
    const slow = 'HEALTHCHECK --interval=1s CMD ["test", "-e", "/tmp/www/health"]'
    const image = await importImage({ files: { serve }, changes: [...changes, slow] })
    const text = 'required:\n  DATABASE_URL: x\nhealth:\n  within: 20s\n'
    expect(await (await bench(text)).check({ image })).toMatchObject({ status: 0 })
    const without = await importImage({ files: { serve }, changes: ['ENTRYPOINT ["/serve"]'] })
    const { log } = await (await bench(text)).check({ image: without })
    expect(log).toContain('it has no HEALTHCHECK')
  })

  test.each([
    ['ports:\n  - 80a\n', "line 2: '80a' must be a port"],
    ['ports: 80\n', "line 1: ports must be a list: '  - item' below it"],
    ['user:\n  - me\n', 'line 2: user must be a single value'],
    ['# x\nprots:\n  - 80\n', "line 3: there is no promise 'prots'"],
    ['health:\n  path: /x\n', 'line 2: health with a path needs a port'],
    ['required:\n  "A=B": x\n', "line 2: 'A=B' is no name of a variable"],
    ['stop: 1m30s\nsize: 1.5g\n', "line 2: '1.5g' must be a size"],
    ['# only this\n', 'promises nothing'],
  ])('refuses the file %j with the line', async (text, complaint) => {
    const { check, report, folder } = await bench(text)
    await writeFile(join(folder, 'image-contract.xml'), 'an older report')
    const { status, log } = await check({ image: 'footman-test/none:1' })
    expect({ status, log }).toMatchObject({ status: 1, log: expect.stringContaining(complaint) })
    await expect(report()).rejects.toThrow()
  })

  test('says that there is no such image, and leaves no older report', async () => {
    const { check, folder } = await bench('user: not-root\n')
    await writeFile(join(folder, 'image-contract.xml'), 'an older report')
    const { status, log } = await check({ image: '127.0.0.1:9/none:1' })
    expect(status).toBe(1)
    expect(log).toContain('is neither here nor to be had')
    expect(existsSync(join(folder, 'image-contract.xml'))).toBe(false)
  })

  test.each([
    ['has no command', []],
    ['names a user that it does not have', ['USER nobody-here', 'ENTRYPOINT ["/serve"]']],
    ['names a program that it does not have', ['ENTRYPOINT ["/none"]']],
  ])('finds out that an image cannot start, because it %s', async (_, wrong) => {
    const image = await importImage({ files: { serve }, changes: wrong })
    const { status, results } = await (await bench('stop: 5s\n')).check({ image })
    expect({ status, broken: results.values.broken }).toEqual({ status: 1, broken: ['it starts'] })
  })

  test('does not blame the image for what the engine cannot do', async () => {
    const image = await importImage({ files: { serve }, changes })
    const { check, folder } = await bench('stop: 5s\n')
    const { status, log, id } = await check({ image, network: 'footman-test-no-such-network' })
    expect(status).toBe(1)
    expect(log).toContain('this says nothing of the image')
    expect(existsSync(join(folder, 'image-contract.xml'))).toBe(false)
    expect(await containersOf(id)).toBe('')
  })

  test('leaves no container behind when it is ended in the middle', async () => {
    const image = await importImage({ files: { serve }, changes })
    const { start } = await bench(contract.replace('path: /health', 'path: /never'))
    const call = await start({ image, startTimeout: '60s' })
    const phase = call.start('run')
    await until('it waits for the health', async () => (await containersOf(call.id)).includes('-contract'), {
      withinMs: 60_000,
    })
    phase.process.kill('SIGTERM')
    expect((await phase.ended).status).toBe(143)
    expect((await call.phase('end')).status).toBe(0)
    expect(await containersOf(call.id)).toBe('')
  })
})

async function bench(text: string) {
  const folder = await tempDir()
  await writeFile(join(folder, 'image-contract.yaml'), text)
  const start = (parameters: Record<string, unknown>) => callStep(checkContract, { parameters, cwd: folder })
  return {
    folder,
    start,
    async check(parameters: Record<string, unknown>) {
      const call = await start(parameters)
      return { id: call.id, ...(await call.phase('run')) }
    },
    report: async () => readReport(await readFile(join(folder, 'image-contract.xml'), 'utf8')),
  }
}

interface Report {
  suite: Record<string, string>
  cases: { name: string; classname: string; failure?: { message: string } }[]
}

function readReport(xml: string): Report {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseAttributeValue: false,
    isArray: (name) => name === 'testcase',
  })
  const suite = parser.parse(xml)?.testsuites?.testsuite
  if (!Array.isArray(suite?.testcase)) throw new Error(`this is no report: ${xml}`)
  return { suite, cases: suite.testcase }
}

async function idOf(image: string): Promise<string> {
  return (await run('docker', ['image', 'inspect', '--format', '{{.Id}}', image])).stdout.trim()
}

async function containersOf(id: string): Promise<string> {
  const format = ['--format', '{{.Names}}']
  return (await run('docker', ['ps', '-a', ...format, '--filter', `name=footman-${id}`])).stdout
}
