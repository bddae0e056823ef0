import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { etcdCluster } from '../../../library/steps/etcd-cluster.ts'
import { etcdConfig } from '../../../library/steps/etcd-config.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { startEtcd } from '../support/etcd.ts'
import { processesWith } from '../support/processes.ts'
import { callStep } from '../support/step-call.ts'

/** Whatever a shell, a transaction of etcdctl or JSON could stumble over. */
const odd = '-two "lines"\n\\n \\x41 \'$(date)\' %s ünïcödé ☃ \u0001\ttab\nend\n\n'

describe('etcdConfig', () => {
  test('writes any text and reads it back as it was', async () => {
    const { config } = await bench()
    expect(await config({ action: 'put', key: '/a/odd', value: odd })).toMatchObject({
      status: 0,
      results: { values: { changed: true, revision: 2 } },
    })
    const { results } = await config({ key: '/a/odd' })
    expect(results.values).toMatchObject({
      found: true,
      value: odd,
      revision: 2,
      keys: ['/a/odd'],
    })
    expect(JSON.parse(String(results.values.json))).toEqual({ '/a/odd': odd })
  })

  test('reads and deletes what is below a key, and no neighbour whose name begins alike', async () => {
    const { config } = await bench()
    for (const key of ['/app/a', '/app/b/c', '/apple']) await config({ action: 'put', key, value: key })
    const { results } = await config({ key: '/app', below: true })
    expect(JSON.parse(String(results.values.json))).toEqual({ '/app/a': '/app/a', '/app/b/c': '/app/b/c' })
    expect(await config({ action: 'delete', key: '/app', below: true })).toMatchObject({ status: 0 })
    expect((await config({ key: '/apple' })).results.values.value).toBe('/apple')
    expect((await config({ key: '/app', below: true, require: false })).results.values.found).toBe(false)
  })

  test('fails where there is no such key, which etcdctl itself does not', async () => {
    const { config } = await bench()
    const { status, log } = await config({ key: '/none' })
    expect(status).toBe(1)
    expect(log).toContain('etcd has no /none')
    expect(await config({ key: '/none', require: false })).toMatchObject({
      status: 0,
      results: { values: { found: false } },
    })
    expect((await config({ action: 'delete', key: '/none' })).status).toBe(1)
  })

  test('compares and swaps by value, by revision and by absence', async () => {
    const { config } = await bench()
    const cas = (parameters: Record<string, unknown>) => config({ action: 'cas', key: '/a', ...parameters })
    expect(await cas({ expectRevision: 0, value: odd })).toMatchObject({ status: 0 })
    const taken = await cas({ expectRevision: 0, value: 'other' })
    expect(taken.status).toBe(1)
    expect(taken.log).toContain('/a is not as expected: it was changed last at revision 2')
    expect(await cas({ expect: odd, value: 'two' })).toMatchObject({ status: 0 })
    expect(await cas({ expect: odd, value: 'three', require: false })).toMatchObject({
      status: 0,
      results: { values: { changed: false, revision: 3 } },
    })
    expect(await cas({ expectRevision: 3, value: 'four' })).toMatchObject({ status: 0 })
    expect((await config({ key: '/a' })).results.values.value).toBe('four')
    expect((await cas({ value: 'five' })).log).toContain('needs expect or expectRevision')
  })

  test('lets one of several builds win that swap at the same time', async () => {
    const { config } = await bench()
    await config({ action: 'put', key: '/a', value: 'free' })
    const all = await Promise.all(
      ['one', 'two', 'three', 'four'].map((value) =>
        config({ action: 'cas', key: '/a', expect: 'free', value, require: false }),
      ),
    )
    expect(all.filter(({ results }) => results.values.changed === true)).toHaveLength(1)
  })

  test('waits for a change, for a value, and for what happened since it last looked', async () => {
    const { etcd, config, start } = await bench()
    await etcd.ctl('put', '/a', 'one')
    const change = await start({ action: 'watch', key: '/a' })
    await watching(change.folder)
    await etcd.ctl('put', '/a', 'two')
    expect((await change.ended).results.values).toMatchObject({ value: 'two', revision: 3 })

    const value = await start({ action: 'watch', key: '/a', until: 'four' })
    await etcd.ctl('put', '/a', 'three')
    await etcd.ctl('put', '/a', 'four')
    expect((await value.ended).results.values).toMatchObject({ value: 'four' })

    const missed = await config({ action: 'watch', key: '/a', sinceRevision: 3 })
    expect(missed.results.values).toMatchObject({ value: 'four', changed: true })

    const gone = await start({ action: 'watch', key: '/a', require: false })
    await watching(gone.folder)
    await etcd.ctl('del', '/a')
    expect((await gone.ended).results.values).toMatchObject({ found: false, changed: true })
  })

  test('gives up a watch in time, and ends it when it is aborted', async () => {
    const { start, config } = await bench()
    const late = await config({ action: 'watch', key: '/a', timeout: '1s' })
    expect(late.status).toBe(1)
    expect(late.log).toContain('/a did not change within 1s')
    const call = await start({ action: 'watch', key: '/a' })
    await watching(call.folder)
    call.process.kill('SIGTERM')
    expect((await call.ended).status).toBe(143)
    expect(await processesWith(call.folder)).toEqual([])
  })

  test('writes a secret that is on no command line, in no log and in no result', async () => {
    const { etcd, config } = await bench()
    const written = await config(
      { action: 'put', key: '/password' },
      { STEP_VALUE_SECRET_SECRET: 'p"a$s\\s' },
    )
    expect(written.status).toBe(0)
    expect(`${written.log}${JSON.stringify(written.results)}`).not.toContain('p"a')
    expect(await etcd.ctl('get', '--print-value-only', '/password')).toBe('p"a$s\\s\n')
    const both = await config(
      { action: 'put', key: '/password', value: 'x' },
      { STEP_VALUE_SECRET_SECRET: 'y' },
    )
    expect(both.log).toContain('it takes value or valueSecret, not both')
  })

  test('logs in where the cluster wants it', async () => {
    const { etcd, config } = await bench()
    await etcd.ctl('user', 'add', 'root:top secret')
    await etcd.ctl('user', 'grant-role', 'root', 'root')
    await etcd.ctl('auth', 'enable')
    const refused = await config({ action: 'put', key: '/a', value: 'x' })
    expect(refused.status).toBe(1)
    expect(refused.log).toContain('user name is empty')
    const login = { STEP_ETCD_LOGIN_USER: 'root', STEP_ETCD_LOGIN_PASSWORD: 'top secret' }
    expect(await config({ action: 'put', key: '/a', value: 'x' }, login)).toMatchObject({ status: 0 })
  })
})

describe('etcdConfig with three members', () => {
  test('works with one of them down, and says so when the quorum is lost', async () => {
    const call = await callStep(etcdCluster, {})
    const { results, status, log } = await call.phase('begin')
    expect({ status, log }).toMatchObject({ status: 0 })
    const endpoints = results.values.endpoints
    const config = async (parameters: Record<string, unknown>) =>
      (await callStep(etcdConfig, { parameters: { endpoints, etcdTimeout: '1s', ...parameters } })).phase(
        'run',
      )
    expect((await config({ action: 'health' })).results.values).toMatchObject({
      healthy: 3,
      members: 3,
      quorum: true,
    })

    // The others elect a leader first.
    await call.body('etcd-cluster kill member-1; until etcd-cluster status; do sleep 0.2; done')
    expect(await config({ action: 'put', key: '/a', value: 'one' })).toMatchObject({ status: 0 })
    expect(await config({ action: 'health' })).toMatchObject({
      status: 0,
      results: { values: { healthy: 2, quorum: true } },
    })

    await call.body('etcd-cluster kill member-2')
    for (const parameters of [
      { action: 'put', key: '/a', value: 'two' },
      { action: 'get', key: '/a' },
      { action: 'health' },
    ]) {
      const lost = await config(parameters)
      expect(lost.status).toBe(1)
      expect(lost.log).toContain('0 of 3 members answer, and 2 are needed: the quorum is lost')
    }
    expect((await config({ action: 'health', require: false })).results.values).toMatchObject({
      quorum: false,
    })

    await call.body('etcd-cluster kill member-3')
    expect((await config({ action: 'health' })).log).toContain('nobody can be reached')
    await call.body(
      'etcd-cluster start member-1; etcd-cluster start member-3; until etcd-cluster status; do sleep 0.2; done',
    )
    // What could not be agreed on may have been noted by one of them, and be agreed on now.
    expect(['one', 'two']).toContain((await config({ key: '/a' })).results.values.value)
  }, 240_000)
})

async function bench() {
  const etcd = await startEtcd(await tempDir())
  onTestFinished(() => etcd.stop())
  const call = (parameters: Record<string, unknown>, env: Record<string, string> = {}) =>
    callStep(etcdConfig, { parameters: { endpoints: [etcd.endpoint], ...parameters }, env })
  return {
    etcd,
    config: async (...words: Parameters<typeof call>) => (await call(...words)).phase('run'),
    async start(parameters: Record<string, unknown>) {
      const { folder, start } = await call(parameters)
      return { folder, ...start('run') }
    },
  }
}

/** Until a call has begun to watch. */
async function watching(folder: string): Promise<void> {
  await until('it watches', () =>
    readFile(join(folder, 'watcher'), 'utf8').then(
      (text) => text !== '',
      () => false,
    ),
  )
}
