import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { etcdCluster } from '../../../library/steps/etcd-cluster.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { importImage } from '../support/image.ts'
import { processesWith } from '../support/processes.ts'
import { callStep } from '../support/step-call.ts'

const run = promisify(execFile)

describe('etcdCluster of processes', () => {
  test('goes on without one of three, says when the quorum is lost, and finds what was written once they are back', async () => {
    const call = await cluster({})
    const begun = await call.phase('begin')
    expect({ status: begun.status, log: begun.log }).toMatchObject({ status: 0 })
    const body = await call.body(`
      etcd-cluster status
      etcdctl put /a one
      etcd-cluster kill member-2
      etcdctl endpoint health >/dev/null 2>&1 || echo etcdctl calls it unhealthy
      etcd-cluster status
      etcdctl put /a two
      etcd-cluster kill member-3
      etcd-cluster status || echo "ends with $?"
      etcdctl --command-timeout 1s put /a three 2>/dev/null || echo refused
      echo "stale: $(etcdctl --command-timeout 2s get --consistency s --print-value-only /a)"
      etcd-cluster start member-2
      until etcd-cluster status >/dev/null; do sleep 0.2; done
      etcdctl get --print-value-only /a
    `)
    expect({ status: body.status, log: body.log }).toMatchObject({ status: 0 })
    const lines = body.log.split('\n').filter((line) => !line.startsWith('{'))
    expect(lines).toEqual([
      '3 of 3 members answer',
      'OK',
      'etcdctl calls it unhealthy',
      '2 of 3 members answer, not member-2; 2 are needed',
      'OK',
      'the quorum is lost: 0 of 3 members answer, not member-1 member-2 member-3, and 2 are needed; nothing can be written',
      'ends with 3',
      'refused',
      'stale: two',
      'two',
      '',
    ])
    const { results } = await call.phase('finish')
    expect(results.values).toMatchObject({
      healthy: 2,
      quorum: true,
      members: ['member-1', 'member-2', 'member-3'],
    })
    expect(results.report).toBe('in the end 2 of 3 members answer, not member-3; 2 are needed')
    expect(await call.phase('end')).toMatchObject({ status: 0 })
    expect(await processesWith(call.folder)).toEqual([])
  })

  test('restarts a member with its data, but none without whom nothing could be written', async () => {
    const call = await cluster({})
    await call.phase('begin')
    const body = await call.body(`
      etcdctl put /a one
      etcd-cluster restart member-1
      ETCDCTL_ENDPOINTS="\${ETCDCTL_ENDPOINTS%%,*}" etcdctl get --print-value-only /a
      etcd-cluster stop member-2
      etcd-cluster restart member-3 || echo "ends with $?"
      etcd-cluster restart member-2
      etcd-cluster status
      etcd-cluster kill member-9 || echo "ends with $?"
    `)
    expect(body.log.split('\n')).toEqual([
      'OK',
      'one',
      'etcd-cluster: without member-3 the quorum would be lost: 2 of 3 members answer',
      'ends with 3',
      '3 of 3 members answer',
      'etcd-cluster: there is no member member-9: member-1 member-2 member-3 ',
      'ends with 2',
      '',
    ])
  })

  test('reports a quorum that is lost in the end, without failing for it', async () => {
    const call = await cluster({ command: 'etcd-cluster kill member-1; etcd-cluster kill member-2' })
    const { status, results } = await call.phase('run')
    expect({ status, values: results.values }).toMatchObject({
      status: 0,
      values: { quorum: false, healthy: 0 },
    })
    expect(results.report).toContain('in the end the quorum is lost: 0 of 3 members answer')
    expect(await processesWith(call.folder)).toEqual([])
  })

  test('gives clusters that run at the same time tokens and ports of their own', async () => {
    const [one, two] = [await cluster({ size: '1' }), await cluster({ size: '1' })]
    const [first, second] = await Promise.all([one.phase('begin'), two.phase('begin')])
    expect([first.status, second.status]).toEqual([0, 0])
    expect(first.results.values.token).not.toBe(second.results.values.token)
    await one.body('etcdctl put /a one')
    expect((await two.body('etcdctl get /a')).log).toBe('')
  })

  test('leaves no member behind when it is ended, not even one that the command started again', async () => {
    const call = await cluster({
      command: 'etcd-cluster restart member-2; echo restarted; sleep 300 & sleep 300',
    })
    const phase = call.start('run')
    await until('the command runs', () => phase.log().includes('restarted'), { withinMs: 60_000 })
    phase.process.kill('SIGTERM')
    expect(await phase.ended).toMatchObject({ status: 143 })
    expect(await processesWith(call.folder)).toEqual([])
    expect((await run('pgrep', ['-f', call.folder]).catch(() => ({ stdout: '' }))).stdout).toBe('')
  })

  test('prints what the members said last when they do not come up', async () => {
    const folder = await tempDir()
    const call = await cluster({ healthTimeout: '2s' }, { PATH: `${folder}:${process.env.PATH ?? ''}` })
    await run('bash', [
      '-c',
      `printf '#!/bin/sh\\necho my disk is broken\\nexit 1\\n' >"$0/etcd"; chmod +x "$0/etcd"`,
      folder,
    ])
    const { status, log } = await call.phase('begin')
    expect(status).toBe(1)
    expect(log).toContain('member-3 said last:\nmy disk is broken')
    expect(log).toContain('etcd did not come up within 2s: the quorum is lost: 0 of 3 members answer')
  })
})

describe('etcdCluster of containers', () => {
  test('runs them in a network of their own, where containers find them by name, and removes all of it', async () => {
    const image = await etcdImage()
    const call = await cluster({ image })
    const begun = await call.phase('begin')
    expect({ status: begun.status, log: begun.log }).toMatchObject({ status: 0 })
    const body = await call.body(`
      etcdctl put /a one
      docker run --rm --network "$ETCD_NETWORK" --env ETCDCTL_ENDPOINTS="$ETCD_NETWORK_ENDPOINTS" ${image} etcdctl get --print-value-only /a
      etcd-cluster kill footman-${call.id}-2
      etcd-cluster status
      etcd-cluster restart footman-${call.id}-2
      etcd-cluster status
    `)
    expect(body.log.split('\n')).toEqual([
      'OK',
      'one',
      `2 of 3 members answer, not footman-${call.id}-2; 2 are needed`,
      '3 of 3 members answer',
      '',
    ])
    await call.phase('end')
    expect(await leftovers(`footman-${call.id}`)).toBe('')
  })

  test('keeps a named one with its data, and heals it when it is called again', async () => {
    const image = await etcdImage()
    const name = `footman-kept-${randomBytes(4).toString('hex')}`
    onTestFinished(async () => {
      const all = ['1', '2', '3'].map((number) => `${name}-${number}`)
      await run('docker', ['rm', '--force', ...all]).catch(() => undefined)
      await run('docker', ['volume', 'rm', '--force', ...all]).catch(() => undefined)
      await run('docker', ['network', 'rm', name]).catch(() => undefined)
    })
    const parameters = { image, name, keep: true }
    const first = await cluster({ ...parameters, command: 'etcdctl put /a kept' })
    const made = await first.phase('run')
    expect({ status: made.status, log: made.log }).toMatchObject({ status: 0 })
    await first.phase('end')
    await run('docker', ['rm', '--force', `${name}-3`])
    await run('docker', ['stop', '--time', '5', `${name}-1`])

    const second = await cluster({ ...parameters, command: 'etcdctl get --print-value-only /a' })
    const { status, log, results } = await second.phase('run')
    expect({ status, values: results.values }).toMatchObject({
      status: 0,
      values: { healthy: 3, quorum: true },
    })
    expect(log).toContain('kept\n')

    await run('docker', ['rm', '--force', `${name}-2`])
    await run('docker', ['volume', 'rm', `${name}-2`])
    const third = await cluster({ ...parameters, command: 'true' })
    const refused = await third.phase('run')
    expect(refused.status).toBe(1)
    expect(refused.log).toContain(`the data of ${name}-2 are gone, those of others are not`)
  })
})

const cluster = (parameters: Record<string, unknown>, env: Record<string, string> = {}) =>
  callStep(etcdCluster, { parameters, env })

const etcdImage = () =>
  importImage({ programs: ['/usr/bin/etcd', '/usr/bin/etcdctl'], changes: ['ENV PATH=/usr/bin:/bin'] })

async function leftovers(name: string): Promise<string> {
  const { stdout } = await run('bash', [
    '-c',
    'docker ps -aq --filter "name=$0"; docker network ls -q --filter "name=$0"; docker volume ls -q --filter "name=$0"',
    name,
  ])
  return stdout
}
