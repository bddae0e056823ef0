import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'

const run = promisify(execFile)

export interface Etcd {
  /** A URL. */
  endpoint: string
  /** etcdctl with these words; returns what it prints. */
  ctl(...words: string[]): Promise<string>
  stop(): Promise<void>
}

/** Debian's etcd, one member alone, with its data in `folder`. */
export async function startEtcd(folder: string): Promise<Etcd> {
  const [client, peer] = [await freePort(), await freePort()]
  const endpoint = `http://127.0.0.1:${client}`
  const peerUrl = `http://127.0.0.1:${peer}`
  const child = spawn(
    'etcd',
    [
      ...[
        '--data-dir',
        join(folder, 'etcd'),
        '--listen-client-urls',
        endpoint,
        '--advertise-client-urls',
        endpoint,
      ],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster', `default=${peerUrl}`],
    ],
    { stdio: 'ignore' },
  )
  const gone = once(child, 'exit').catch(() => undefined)
  const ctl = async (...words: string[]) =>
    (
      await run('etcdctl', words, {
        env: { PATH: process.env.PATH, ETCDCTL_ENDPOINTS: endpoint, ETCDCTL_API: '3' },
      })
    ).stdout
  await until('etcd answers (apt-get install etcd-server etcd-client)', async () => {
    if (child.exitCode !== null || child.pid === undefined) throw new Error('etcd did not start')
    return ctl('endpoint', 'health').then(
      () => true,
      () => false,
    )
  })
  return {
    endpoint,
    ctl,
    async stop() {
      child.kill('SIGKILL')
      await gone
    },
  }
}
