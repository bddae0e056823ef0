import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { cutover } from '../../../library/steps/cutover.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { type Backend, startFront } from './front.ts'
import { callStep } from './step-call.ts'

const run = promisify(execFile)

/** A front for one test, and the step cutover on it. */
export async function cutoverBench(image?: string) {
  const folder = await tempDir()
  const front = await startFront(folder, image)
  onTestFinished(() => front.close())
  const call = (parameters: Record<string, unknown>, env: Record<string, string> = {}) =>
    callStep(cutover, { parameters: { ...front.parameters, ...parameters }, env })
  const key = async (name: string) =>
    (await front.etcd.ctl('get', '--print-value-only', `/footman/apps/shop/${name}`)).trim()
  const bench = {
    ...front,
    folder,
    call,
    /** Runs the step to its end. */
    run: async (parameters: Record<string, unknown>) => (await call(parameters)).phase('run'),
    state: () => key('state'),
    waitForState: (start: string) =>
      until(`the state is ${start}`, async () => (await key('state')).startsWith(start), { everyMs: 20 }),
    /** The addresses below backends. */
    async backends() {
      const keys = await front.etcd.ctl('get', '--prefix', '--keys-only', '/footman/apps/shop/backends/')
      return keys.split('\n').flatMap((line) => (line ? [line.slice(line.lastIndexOf('/') + 1)] : []))
    },
    file: () => readFile(front.configFile, 'utf8'),
    /** Names beside the file of the step, but for those of the test. */
    async besides() {
      const names = await readdir(dirname(front.configFile))
      return names.filter((name) => name !== 'site.conf').toSorted()
    },
    /** Which backends answer, asked often. */
    async answering() {
      const names = new Set<string | null>()
      for (let count = 0; count < 20; count++) {
        const { status, headers } = await fetch(front.url)
        names.add(status === 200 ? headers.get('x-backend') : String(status))
      }
      return [...names].toSorted()
    },
    /** A backend that serves alone, nginx sending to it. */
    async served(): Promise<Backend> {
      const backend = await front.backend('a')
      const { status, log } = await bench.run({ newBackends: [backend.address] })
      if (status !== 0) throw new Error(log)
      await front.serve()
      return backend
    },
  }
  return bench
}

/** Processes in whose words a text stands. */
export async function processesAbout(text: string): Promise<string> {
  return (await run('pgrep', ['-af', text]).catch(() => ({ stdout: '' }))).stdout
}

/** A text for bash that ends a backend at once, as the hardest of all. */
export const killing = ({ pid }: Backend): string => `kill -KILL ${pid}`
