// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they belong to bash and Compose
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { withCompose } from '../../../library/steps/with-compose.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { importImage } from '../support/image.ts'
import { callStep } from '../support/step-call.ts'

const run = promisify(execFile)
const docker = async (...words: string[]) => (await run('docker', words)).stdout.trim()

describe('withCompose', () => {
  test('has healthy services beside the command, keeps their logs, and leaves nothing', async () => {
    const { folder, image } = await workspace(`
services:
  web:
    image: IMAGE
    command: sh -c 'echo "$$WORD is served" >/srv/index.html; sleep 1; echo ready; exec httpd -f -p 80 -h /srv'
    environment: {WORD: "\${WORD}"}
    ports: ["80"]
    volumes: [data:/srv]
    healthcheck: {test: ["CMD", "wget", "-q", "-O", "-", "http://127.0.0.1/"], interval: 1s, retries: 30}
  job:
    image: IMAGE
    command: echo the job is done
volumes: {data: {}}
`)
    const call = await callStep(withCompose, {
      cwd: folder,
      parameters: {
        files: ['compose.yaml'],
        env: { WORD: 'hello $(id) "x"' },
        command: [
          'curl -s "http://127.0.0.1:$COMPOSE_PORT_WEB_80/"',
          `docker ps --format '{{.Status}}' --filter label=com.docker.compose.project=$COMPOSE_PROJECT_NAME`,
        ].join('\n'),
      },
    })
    const { status, log, results } = await call.phase('run')
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(log).toContain('hello $(id) "x" is served')
    expect(log).toContain('(healthy)')
    expect(results.values).toMatchObject({
      project: `footman-${call.id}`,
      services: expect.arrayContaining(['job', 'web']),
    })
    const kept = await readFile(join(folder, 'compose.log'), 'utf8')
    expect(kept).toMatch(/the job is done/)
    expect(kept).toMatch(/Exited \(0\)/)
    expect(await leftOf(`footman-${call.id}`)).toBe('')
    expect(image).not.toBe('')
  })

  test('runs a service as the test, and fails with it', async () => {
    const { folder } = await workspace(`
services:
  db: {image: IMAGE, command: httpd -f -p 80}
  sut:
    image: IMAGE
    command: sh -c 'wget -q -O - http://db/nothing; exit \${CODE:-0}'
    depends_on: [db]
`)
    const good = await callStep(withCompose, { cwd: folder, parameters: { test: 'sut' } })
    expect(await good.phase('run')).toMatchObject({ status: 0, results: { values: { services: ['db'] } } })
    const bad = await callStep(withCompose, { cwd: folder, parameters: { test: 'sut', env: { CODE: '3' } } })
    const { status, log } = await bad.phase('run')
    expect(status).toBe(1)
    expect(log).toContain('the service sut ended with 3')
    expect(await readFile(join(folder, 'compose.log'), 'utf8')).toContain('db')
    expect(await leftOf(`footman-${bad.id}`)).toBe('')
  })

  test('tells of a service that ends or never becomes healthy, with its last words', async () => {
    const { folder } = await workspace(`
services:
  ends: {image: IMAGE, command: sh -c 'echo no database; exit 4'}
`)
    const ends = await callStep(withCompose, { cwd: folder, parameters: { command: 'echo never' } })
    const { status, log } = await ends.phase('run')
    expect(status).toBe(1)
    expect(log).toContain('the service ends ended with 4')
    expect(log).toContain('    no database')
    expect(log).not.toContain('never')

    const slow = await workspace(`
services:
  slow: {image: IMAGE, command: sleep 300, stop_signal: KILL, healthcheck: {test: ["CMD", "false"], interval: 60s}}
`)
    const call = await callStep(withCompose, {
      cwd: slow.folder,
      parameters: { command: 'echo never', wait: '2s' },
    })
    expect((await call.phase('run')).log).toContain('not everything is ready after 2 s: slow is running')
    expect(await leftOf(`footman-${call.id}`)).toBe('')
  })

  test.each([
    ['ports: ["8080:80"]', 'has a fixed port on the host: 8080'],
    ['ports: ["127.0.0.1:8081:80/tcp"]', 'has a fixed port on the host: 8081'],
    ['container_name: web', 'has a fixed name: web'],
  ])('refuses %s where builds run beside each other', async (line, says) => {
    const { folder } = await workspace(`services:\n  web:\n    image: IMAGE\n    ${line}\n`)
    const call = await callStep(withCompose, { cwd: folder, parameters: { command: 'true' } })
    const { status, log } = await call.phase('run')
    expect({ status, log }).toMatchObject({
      status: 1,
      log: expect.stringContaining(`the service web ${says}`),
    })
  })

  test('refuses files that are missing or wrong, a test that is no service, and a project that is up', async () => {
    const { folder } = await workspace(
      'services:\n  web: {image: IMAGE, command: sleep 300, stop_signal: KILL}\n',
    )
    const refused = async (parameters: Record<string, unknown>) => {
      const call = await callStep(withCompose, {
        cwd: folder,
        parameters: { command: 'true', ...parameters },
      })
      const { status, log } = await call.phase('run')
      expect(status).toBe(1)
      return log
    }
    await writeFile(join(folder, 'wrong.yaml'), 'services:\n  web: {imag: x}\n')
    expect(await refused({ files: ['none.yaml'] })).toContain('files names none.yaml, which is not there')
    expect(await refused({ files: ['wrong.yaml'] })).toContain('Compose does not take these files')
    expect(await refused({ envFile: 'none.env' })).toContain('envFile is none.env, which is not there')
    const project = `footman-test-${process.pid}`
    const first = await callStep(withCompose, { cwd: folder, parameters: { project } })
    await first.phase('begin')
    expect(await refused({ project })).toContain(`the project ${project} is there already`)
    expect(await docker('ps', '-q', '--filter', `label=com.docker.compose.project=${project}`)).not.toBe('')
    await first.phase('end')
    expect(await leftOf(project)).toBe('')
  })

  test('does not read a file .env of the workspace, unless it is told to', async () => {
    const { folder } = await workspace(
      'services:\n  job: {image: IMAGE, command: "echo word is $' + '{WORD:-unset}"}\n',
    )
    await writeFile(join(folder, '.env'), 'WORD=leaked\n')
    const plain = await callStep(withCompose, { cwd: folder, parameters: { command: 'true' } })
    await plain.phase('run')
    expect(await readFile(join(folder, 'compose.log'), 'utf8')).toContain('word is unset')
    const told = await callStep(withCompose, {
      cwd: folder,
      parameters: { command: 'true', envFile: '.env' },
    })
    await told.phase('run')
    expect(await readFile(join(folder, 'compose.log'), 'utf8')).toContain('word is leaked')
  })

  test('is torn down when it is ended in the middle, twice, and keeps the logs', async () => {
    const { folder } = await workspace(
      'services:\n  web: {image: IMAGE, command: sh -c "echo up; exec sleep 300", stop_signal: KILL}\n',
    )
    const call = await callStep(withCompose, {
      cwd: folder,
      parameters: { command: 'echo started; sleep 300 & sleep 300' },
    })
    const phase = call.start('run')
    await until('the command runs', () => phase.log().includes('started'), { withinMs: 60_000 })
    phase.process.kill('SIGTERM')
    setTimeout(() => phase.process.kill('SIGTERM'), 300)
    expect((await phase.ended).status).toBe(143)
    expect(await leftOf(`footman-${call.id}`)).toBe('')
    expect(await readFile(join(folder, 'compose.log'), 'utf8')).toContain('up')
  })

  test('stays up after a failure when that is wanted, and says how to take it down', async () => {
    const { folder } = await workspace(
      'services:\n  web: {image: IMAGE, command: sleep 300, stop_signal: KILL}\n',
    )
    const call = await callStep(withCompose, {
      cwd: folder,
      parameters: { command: 'exit 5', keepOnFailure: true },
    })
    const project = `footman-${call.id}`
    onTestFinished(async () => {
      await run('docker-compose', ['-p', project, 'down', '-v'], { cwd: folder })
    })
    const { status, log } = await call.phase('run')
    expect(status).toBe(5)
    expect(log).toContain(`--project-name ${project} down`)
    expect(await docker('ps', '-q', '--filter', `label=com.docker.compose.project=${project}`)).not.toBe('')
  })

  test('speaks to the plugin in the words that it documents', async () => {
    const { folder } = await workspace('services:\n  web: {image: IMAGE}\n')
    const bin = join(folder, 'bin')
    await mkdir(bin)
    await writeFile(
      join(bin, 'docker'),
      `#!/bin/sh\necho "$*" >>${folder}/calls\ncase "$2 $*" in *services) echo web;; *\\ config) echo services: ;; esac\n`,
      { mode: 0o755 },
    )
    const call = await callStep(withCompose, {
      cwd: folder,
      parameters: { command: 'true', files: ['compose.yaml'], profiles: ['ci'], pull: true, build: true },
      env: { PATH: `${bin}:${process.env.PATH}` },
    })
    expect(await call.phase('run')).toMatchObject({ status: 0 })
    const calls = (await readFile(join(folder, 'calls'), 'utf8')).split('\n')
    const start = `compose --project-name footman-${call.id} --file ${folder}/compose.yaml --env-file ${call.folder}/no-variables --profile ci`
    expect(calls.filter((line) => line.startsWith('compose --project'))).toEqual(
      [
        'config',
        'config --services',
        'pull --quiet',
        'build',
        'up --detach web',
        'logs --no-color --timestamps',
        'down --remove-orphans --timeout 10 --volumes',
      ].map((words) => `${start} ${words}`),
    )
    expect(existsSync(join(folder, 'compose.log'))).toBe(true)
  })
})

/** A folder with a Compose file, in which IMAGE is an image of this test. */
async function workspace(text: string): Promise<{ folder: string; image: string }> {
  const folder = await tempDir()
  const image = await importImage()
  await writeFile(
    join(folder, 'compose.yaml'),
    `version: "3.8"\n${text.trimStart().replaceAll('IMAGE', image)}`,
  )
  // Version 1 looks for the older name where no file is named.
  await writeFile(join(folder, 'docker-compose.yml'), await readFile(join(folder, 'compose.yaml')))
  return { folder, image }
}

async function leftOf(project: string): Promise<string> {
  const label = `label=com.docker.compose.project=${project}`
  const left = [
    await docker('ps', '-aq', '--filter', label),
    await docker('network', 'ls', '-q', '--filter', label),
    await docker('volume', 'ls', '-q', '--filter', label),
  ]
  return left.join('')
}
