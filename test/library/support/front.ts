import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'
import { type Etcd, startEtcd } from './etcd.ts'

const run = promisify(execFile)

export interface Backend {
  /** As a cutover takes it: 127.0.0.1 and its port. */
  address: string
  pid: number
  isAlive(): boolean
  /** At once, as kill -9 does. */
  kill(): Promise<void>
}

export interface BackendOptions {
  /** Otherwise a free one. */
  port?: number
  /** How long it takes until it listens, beside what every process takes, in ms. */
  startsMs?: number
}

/** Debian's nginx and etcd with backends behind them, all in one folder and on free ports. */
export interface Front {
  etcd: Etcd
  /** What clients ask; with a slash at its end. */
  url: string
  /** The parameters of the step cutover that follow from all this. */
  parameters: Readonly<Record<string, unknown>>
  /** The file that the step writes. */
  configFile: string
  /** What nginx complained about. */
  errorLog(): Promise<string>
  /** Numbers of the worker processes of nginx. */
  workers(): Promise<number[]>
  reload(): Promise<void>
  /** Has nginx send requests to the upstream `shop`, which it must know by now. */
  serve(): Promise<void>
  backend(name: string, how?: BackendOptions): Promise<Backend>
  close(): Promise<void>
}

/** With `image`, nginx runs in a container of it that shares the network and the folder with this machine. */
export async function startFront(folder: string, image?: string): Promise<Front> {
  const etcd = await startEtcd(folder)
  const [port, generationPort] = [await freePort(), await freePort()]
  const pidFile = join(folder, 'nginx.pid')
  const main = join(folder, 'nginx.conf')
  await mkdir(join(folder, 'conf.d'))
  await writeFile(main, mainConfiguration(folder))
  const container = `footman-front-${port}`
  const inContainer = ['run', '--rm', '--name', container, '--network', 'host', '-v', `${folder}:${folder}`]
  const command = ['nginx', '-c', main, '-g', 'daemon off;']
  const nginx = image
    ? spawn('docker', [...inContainer, image, ...command], { stdio: 'ignore' })
    : spawn('nginx', command.slice(1), { stdio: 'ignore' })
  const gone = once(nginx, 'exit').catch(() => undefined)
  const errorLog = () => readFile(join(folder, 'error.log'), 'utf8').catch(() => '')
  await until('nginx runs (apt-get install nginx)', async () => {
    if (nginx.exitCode !== null || nginx.pid === undefined)
      throw new Error(`nginx ended: ${await errorLog()}`)
    return (await readFile(pidFile, 'utf8').catch(() => '')) !== ''
  })
  const backends: Backend[] = []
  const reload = async () => {
    if (image) await run('docker', ['kill', '--signal', 'HUP', container])
    else await run('nginx', ['-c', main, '-s', 'reload'])
  }
  const workers = async () => {
    if (image) return []
    const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(nginx.pid)]).catch(() => ({
      stdout: '',
    }))
    return stdout.trim().split(/\s+/).filter(Boolean).map(Number)
  }
  return {
    etcd,
    url: `http://127.0.0.1:${port}/`,
    configFile: join(folder, 'conf.d/shop.conf'),
    parameters: {
      app: 'shop',
      endpoints: [etcd.endpoint],
      configFile: join(folder, 'conf.d/shop.conf'),
      nginxConfig: main,
      generationPort,
      ...(image ? { nginxContainer: container } : { pidFile }),
    },
    errorLog,
    reload,
    workers,
    async serve() {
      await writeFile(join(folder, 'conf.d/site.conf'), site(port))
      const before = await workers()
      await reload()
      await until(
        'the old workers are gone',
        async () => !(await workers()).some((pid) => before.includes(pid)),
      )
      await until('nginx listens', () =>
        fetch(`http://127.0.0.1:${port}/`).then(
          () => true,
          () => false,
        ),
      )
    },
    async backend(name, how = {}) {
      const backend = await startBackend(name, how)
      backends.push(backend)
      return backend
    },
    async close() {
      if (image) await run('docker', ['rm', '--force', container]).catch(() => undefined)
      nginx.kill('SIGQUIT')
      setTimeout(() => nginx.kill('SIGTERM'), 2000).unref()
      await Promise.all([gone, etcd.stop(), ...backends.map((backend) => backend.kill())])
    },
  }
}

function mainConfiguration(folder: string): string {
  return `user root;
worker_processes 2;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  include ${folder}/conf.d/*.conf;
}
`
}

function site(port: number): string {
  return `server {
  listen 127.0.0.1:${port};
  location / {
    proxy_pass http://shop;
    proxy_http_version 1.1;
    proxy_set_header Connection '';
    proxy_request_buffering off;
  }
}
`
}

async function startBackend(name: string, { port = 0, startsMs = 0 }: BackendOptions): Promise<Backend> {
  const script = new URL('../../support/children/backend.mjs', import.meta.url).pathname
  const child = spawn(process.execPath, [script, name, String(port), String(startsMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const said = await lines.next()
  return {
    address: `127.0.0.1:${String(said.value)}`,
    pid: child.pid ?? 0,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
  }
}
