import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { shippedFile } from '../../core/package.ts'
import { run } from '../../core/process.ts'
import { quoteShell } from '../../core/quote.ts'
import { manifestPath, parseManifest } from '../../library/manifest.ts'
import type { Bench, Figure, Workbench } from './bench.ts'

const rounds = 9

/** How long a whole library takes, process start to exit, beside a generator that writes the same files; and what eatmydata saves. */
export const library: Bench = {
  name: 'library',
  needsEngine: false,
  async run(bench) {
    const folder = await mkdtemp(join(tmpdir(), 'footman-bench-'))
    bench.defer(() => rm(folder, { recursive: true, force: true }))
    return [...(await generation(folder, bench)), ...(await flushing(folder, bench))]
  },
}

async function generation(folder: string, { say }: Workbench): Promise<Figure[]> {
  const home = join(folder, 'library')
  const cache = join(folder, 'cache')
  await mkdir(home)
  const footman = timed(['node', shippedFile('dist/cli.js'), 'library'], home, { XDG_CACHE_HOME: cache })
  await footman('init')
  const empty = async () => {
    const { files } = parseManifest(await readFile(join(home, manifestPath), 'utf8'), 'the manifest').manifest
    for (const path of Object.keys(files)) await rm(join(home, path))
    await rm(join(home, manifestPath))
    return Object.keys(files)
  }
  await footman('generate')
  const plop = await preparePlop(folder, home, say)
  const times: Record<'first' | 'full' | 'unchanged' | 'plop', number[]> = {
    first: [],
    full: [],
    unchanged: [],
    plop: [],
  }
  let count = 0
  say(`a library generated ${rounds} times, by footman${plop ? ' and by plop' : ''}`)
  for (let round = 0; round < rounds; round++) {
    await rm(cache, { recursive: true, force: true })
    count = (await empty()).length
    times.first.push(await footman('generate'))
    await empty()
    times.full.push(await footman('generate'))
    times.unchanged.push(await footman('generate'))
    if (plop) times.plop.push(await plop())
  }
  const baseline = plop && { what: `plop, ${count} files`, value: median(times.plop) }
  const figure = (what: string, all: readonly number[]): Figure => ({
    what: `${what}, ${count} files`,
    value: median(all),
    unit: 'ms',
    ...(baseline && { baseline }),
  })
  const ratio = (what: string, all: readonly number[]): Figure[] =>
    baseline
      ? [
          {
            what: `plop's time for the time of ${what}`,
            value: baseline.value / median(all),
            unit: 'times',
            target: { atLeast: 3 },
          },
        ]
      : []
  return [
    figure('generate into an empty folder, with settings never seen before', times.first),
    figure('generate into an empty folder', times.full),
    figure('generate when nothing changed', times.unchanged),
    ...ratio('generate', times.full),
    ...ratio('generate without a change', times.unchanged),
  ]
}

/** Lets plop write the files that footman wrote, each from a template of its own. Undefined where there is no plop. */
async function preparePlop(
  folder: string,
  home: string,
  say: Workbench['say'],
): Promise<(() => Promise<number>) | undefined> {
  const program = findPlop()
  if (!program) {
    say('plop is not installed, so there is nothing to compare with: npm install --save-dev plop@4.0.5')
    return undefined
  }
  const { files } = parseManifest(await readFile(join(home, manifestPath), 'utf8'), 'the manifest').manifest
  const actions: { type: string; path: string; templateFile: string; force: boolean }[] = []
  for (const path of Object.keys(files)) {
    const templateFile = join(folder, 'plop-templates', `${path}.hbs`)
    await mkdir(dirname(templateFile), { recursive: true })
    await writeFile(templateFile, (await readFile(join(home, path), 'utf8')).replaceAll('{{', '\\{{'))
    actions.push({ type: 'add', path: join(folder, 'plop', path), templateFile, force: true })
  }
  const plopfile = join(folder, 'plopfile.mjs')
  const generator = JSON.stringify({ description: 'a library', prompts: [], actions })
  await writeFile(plopfile, `export default (plop) => plop.setGenerator('library', ${generator})\n`)
  const plop = timed(['node', program, '--plopfile', plopfile], folder, {})
  return async () => {
    await rm(join(folder, 'plop'), { recursive: true, force: true })
    return plop('library')
  }
}

function findPlop(): string | undefined {
  const { FOOTMAN_BENCH_PLOP: elsewhere } = process.env
  const require = createRequire(elsewhere ? join(elsewhere, 'package.json') : import.meta.url)
  try {
    return join(dirname(require.resolve('plop')), '../bin/plop.js')
  } catch {
    return undefined
  }
}

/** What the step withEatMyData makes of a program that waits for the disk again and again. */
async function flushing(folder: string, { say }: Workbench): Promise<Figure[]> {
  const probe = await run(['bash', '-c', 'command -v eatmydata'], { timeoutMs: 5000 })
  if (probe.exitCode !== 0) {
    say('eatmydata is not installed, so nothing of it is measured: apt-get install eatmydata')
    return []
  }
  const writes = 10_000
  const what = `${writes.toLocaleString('en')} flushed writes`
  say(`${what}, with and without eatmydata`)
  const program = `const fs = require('fs'); const f = fs.openSync('flushed', 'w');
for (let n = 0; n < ${writes}; n++) { fs.writeSync(f, Buffer.alloc(4096)); fs.fsyncSync(f) }`
  const step = timed(['node', shippedFile('dist/cli.js'), 'library', 'run', 'withEatMyData'], folder, {})
  const command = quoteShell(['node', '-e', program])
  const plainly = timed(['bash', '-e', '-c', command], folder, {})
  const times = { with: [] as number[], without: [] as number[] }
  for (let round = 0; round < 3; round++) {
    times.without.push(await plainly())
    times.with.push(await step('--param', `command=${command}`))
  }
  const baseline = { what: 'without it', value: median(times.without) }
  return [
    {
      what: `${what} in the step withEatMyData, starts included`,
      value: median(times.with),
      unit: 'ms',
      baseline,
    },
    {
      what: `time of ${what} for the time with withEatMyData`,
      value: baseline.value / median(times.with),
      unit: 'times',
      baseline: { what: 'what "Docker in Practice" measured with a package installation', value: 3 },
    },
  ]
}

/** Runs a program with further words, and returns how long that took, in ms. Throws when it fails. */
function timed(words: readonly string[], cwd: string, env: Readonly<Record<string, string>>) {
  return async (...further: string[]): Promise<number> => {
    const startedAt = performance.now()
    const { exitCode, stderr } = await run([...words, ...further], {
      cwd,
      env: { ...process.env, ...env },
      timeoutMs: 120_000,
    })
    const tookMs = performance.now() - startedAt
    if (exitCode !== 0) throw new Error(`${words.join(' ')} ended with ${exitCode}: ${stderr}`)
    return tookMs
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
