import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { withEtcdConfig } from '../../../library/steps/with-etcd-config.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { startEtcd } from '../support/etcd.ts'
import { importImage } from '../support/image.ts'
import { callStep } from '../support/step-call.ts'

const run = promisify(execFile)
const show = 'printf "%s|" "$DATABASE_HOST" "$DATABASE_PASSWORD" "$MOTD"'
const settings = {
  '/shop/database/host': '10.0.0.7',
  '/shop/database/password': 'p"a$s\\s',
  '/shop/motd': "it's two\nlines",
  '/shopping/other': 'not ours',
}
const shown = `10.0.0.7|p"a$s\\s|it's two\nlines|`

describe('withEtcdConfig', () => {
  test('gives a command what is below the prefix as variables, and tells nobody', async () => {
    const { call } = await bench(settings)
    const step = await call({
      command: `${show}; env | grep -c OTHER || true; tr '\\0' '\\n' </proc/$PPID/cmdline`,
    })
    const { status, log, results } = await step.phase('run')
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(log).toContain(`${shown}0\nbash\n`)
    expect(results.values).toMatchObject({
      names: ['DATABASE_HOST', 'DATABASE_PASSWORD', 'MOTD'],
      revision: 5,
    })
    expect(results.report).toBe('gave it 3 settings of /shop, as they were at revision 5')
  })

  test('gives them to a container in a way that neither docker run nor docker inspect shows', async () => {
    const { call } = await bench(settings)
    const image = await importImage()
    const step = await call({ image, command: `${show}; echo; echo ready; sleep 100`, namePrefix: '_' })
    const phase = step.start('run')
    await until('it runs', () => phase.log().includes('ready'))
    const called = await run('pgrep', ['-af', `docker run.*footman-${step.id}`])
    const { stdout: inspected } = await run('docker', ['inspect', `footman-${step.id}`])
    expect(inspected).toContain('"Env"')
    for (const shows of [called.stdout, inspected]) {
      expect(shows).not.toContain('10.0.0.7')
      expect(shows).not.toMatch(/p\\*"a/)
    }
    phase.process.kill('SIGTERM')
    expect((await phase.ended).status).toBe(143)
    expect((await run('docker', ['ps', '-aq', '--filter', `name=footman-${step.id}`])).stdout).toBe('')

    const whole = await (await call({ image, command: show })).phase('run')
    expect(whole.log).toContain(shown)
  })

  test('gives a file instead, as JSON or as docker reads it, here and in a container', async () => {
    const { call } = await bench({ ...settings, '/shop/motd': 'one line' })
    const image = await importImage()
    const json = await call({
      inject: 'file',
      command: 'cat "$ETCD_CONFIG_FILE"; stat -c %a "$ETCD_CONFIG_FILE"',
    })
    const { log } = await json.phase('run')
    const [text = '', mode] = log.split('\n')
    expect(JSON.parse(text)).toEqual({
      'database/host': '10.0.0.7',
      'database/password': 'p"a$s\\s',
      motd: 'one line',
    })
    expect(mode).toBe('600')
    const inside = await call({ inject: 'file', format: 'env', image, command: 'cat "$ETCD_CONFIG_FILE"' })
    expect((await inside.phase('run')).log).toContain(
      'DATABASE_HOST=10.0.0.7\nDATABASE_PASSWORD=p"a$s\\s\nMOTD=one line\n',
    )
  })

  test('gives a body the variables and what docker run needs to hand them on', async () => {
    const { call } = await bench({ '/shop/database/host': '10.0.0.7', '/shop/motd': 'two\nlines' })
    const image = await importImage()
    const step = await call({})
    expect(await step.phase('begin')).toMatchObject({ status: 0 })
    const body = await step.body(
      `docker run --rm $ETCD_CONFIG_ARGS ${image} sh -c 'echo "$DATABASE_HOST $MOTD"'`,
    )
    expect(body.log).toBe('10.0.0.7 two\nlines\n')
    expect((await step.phase('finish')).results.report).toContain('gave it 2 settings of /shop')
    const { folder } = step
    expect(await readdir(folder)).not.toContain('config')
  })

  test.each([
    ['nothing is there', {}, {}, 'etcd has nothing below /shop'],
    [
      'a name runs other code',
      { '/shop/ld/preload': '/tmp/x.so' },
      {},
      'the variable LD_PRELOAD, by which programs',
    ],
    [
      'it would be our own command',
      { '/shop/step/command': 'echo must not run' },
      {},
      'the variable STEP_COMMAND',
    ],
    ['it would be our own file', { '/shop/call/result': '/tmp/x' }, {}, 'the variable CALL_RESULT'],
    [
      'two keys are one name',
      { '/shop/a-b': '1', '/shop/a.b': '2' },
      {},
      '/shop/a-b and /shop/a.b would both become A_B',
    ],
    [
      'a line cannot hold it',
      { '/shop/a': '1\n2' },
      { inject: 'file', format: 'env' },
      '/shop/a has line breaks',
    ],
  ])('refuses when %s', async (_, keys, parameters, says) => {
    const { call } = await bench(keys)
    const { status, log } = await (await call({ command: 'echo must not run', ...parameters })).phase('run')
    expect(status).toBe(1)
    expect(log).toContain(says)
    expect(log).not.toContain('must not run')
  })

  test('refuses to give a body what Jenkins would replace', async () => {
    const { call } = await bench(settings)
    const { status, log } = await (await call({})).phase('begin')
    expect(status).toBe(1)
    expect(log).toContain('/shop/database/password has a dollar sign')
    const file = await call({ inject: 'file' })
    await file.phase('begin')
    const { ETCD_CONFIG_FILE: path = '' } = await file.bodyEnvironment()
    expect(path).toBe(join(file.folder, 'config/config.json'))
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ motd: "it's two\nlines" })
  })
})

async function bench(keys: Readonly<Record<string, string>>) {
  const etcd = await startEtcd(await tempDir())
  onTestFinished(() => etcd.stop())
  for (const [key, value] of Object.entries(keys)) await etcd.ctl('put', '--', key, value)
  const cwd = await tempDir()
  return {
    call: (parameters: Record<string, unknown>) =>
      callStep(withEtcdConfig, {
        parameters: { prefix: '/shop', endpoints: [etcd.endpoint], ...parameters },
        cwd,
      }),
  }
}
