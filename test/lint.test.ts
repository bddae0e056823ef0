import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** A file that breaks one law, and the rule that must say so. `plugin` is test/lint. */
interface Crime {
  law: string
  path: string
  text: string
  rule: string
}

const root = resolve(import.meta.dirname, '..')

/** Which room a room must not know. */
const forbidden = {
  core: ['library', 'jenkins', 'agent', 'test'],
  library: ['jenkins', 'agent', 'test'],
  jenkins: ['library', 'agent', 'test'],
  agent: ['library', 'test'],
}

/** The one file in which each client of the outside world may be imported. */
const edges = {
  dockerode: 'core/docker/dockerode.ts',
  ssh2: 'core/ssh.ts',
  axios: 'jenkins/client.ts',
  ws: 'jenkins/practice/acceptors/websocket.ts',
  handlebars: 'core/render.ts',
  'node-cron': 'jenkins/schedule/cron.ts',
}

const clients = Object.keys(edges) as (keyof typeof edges)[]
const importAll = clients.map((client) => `import '${client}'`).join('\n')
const file = (lines: number) =>
  Array.from({ length: lines }, (_, i) => `export const x${i} = ${i}`).join('\n')

const crimes: Crime[] = [
  ...Object.entries(forbidden).flatMap(([room, others]) =>
    others.flatMap((other) => [
      crime(`${room} knows ${other}`, 'style/noRestrictedImports', {
        path: `${room}/knows-${other}.ts`,
        text: `import '../${other}/x.ts'`,
      }),
      crime(`${room} knows ${other} from deep inside, and only its types`, 'style/noRestrictedImports', {
        path: `${room}/deep/down/knows-${other}.ts`,
        text: `import type { X } from '../../../${other}/deep/x.ts'\nexport type Y = X`,
      }),
    ]),
  ),
  crime('templates know anything', 'style/noRestrictedImports', {
    path: 'templates/code.ts',
    text: "import '../core/x.ts'",
  }),
  ...['core', 'library', 'jenkins', 'agent'].flatMap((room) =>
    clients.map((client) =>
      crime(`${room} uses ${client}`, 'plugin', {
        path: `${room}/uses-${client}.ts`,
        text: `import '${client}'`,
      }),
    ),
  ),
  ...[
    "import type { X } from 'ssh2'\nexport type Y = X",
    "export type X = import('ssh2').Client",
    "import 'ssh2/lib/client.js'",
    "export const x = await import('ssh2')",
    "export { x } from 'ssh2'",
    "import { createRequire } from 'node:module'\nexport const x = createRequire(import.meta.url)('ssh2')",
    "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)\nexport const x = require('ssh2')",
  ].map((text, index) =>
    crime(`a client comes in another way: ${text}`, 'plugin', { path: `agent/way-${index}.ts`, text }),
  ),
  crime('two files import each other', 'suspicious/noImportCycles', {
    path: 'core/hen.ts',
    text: "import { egg } from './egg.ts'\nexport const hen = () => egg",
  }),
  crime('two files import each other, one only the types', 'suspicious/noImportCycles', {
    path: 'core/egg.ts',
    text: "import type { hen } from './hen.ts'\nexport type Hen = typeof hen\nexport const egg = 1",
  }),
  crime('an import has no extension', 'correctness/useImportExtensions', {
    path: 'core/no-extension.ts',
    text: "import './egg'",
  }),
  crime('a part of Node is imported without node:', 'style/useNodejsImportProtocol', {
    path: 'core/no-protocol.ts',
    text: "import 'fs'",
  }),
  crime('a package is used that package.json does not name', 'correctness/noUndeclaredDependencies', {
    path: 'core/undeclared.ts',
    text: "import 'left-pad'",
  }),
  crime('a package for tests is used outside of them', 'correctness/noUndeclaredDependencies', {
    path: 'core/dev-only.ts',
    text: "import 'vitest'",
  }),
  crime('something is printed past the log', 'suspicious/noConsole', {
    path: 'agent/prints.ts',
    text: "console.log('here')",
  }),
  crime('nobody waits for a promise', 'nursery/noFloatingPromises', {
    path: 'agent/floats.ts',
    text: "import { later } from '../core/later.ts'\nexport function go() {\n  later()\n}",
  }),
  crime('a promise is taken for a condition', 'nursery/noMisusedPromises', {
    path: 'agent/misuses.ts',
    text: "import { later } from '../core/later.ts'\nexport const x = () => (later() ? 1 : 2)",
  }),
  crime('a file is longer than 300 lines', 'style/noExcessiveLinesPerFile', {
    path: 'core/long.ts',
    text: file(301),
  }),
  crime('a test is longer than 450 lines', 'style/noExcessiveLinesPerFile', {
    path: 'test/long.test.ts',
    text: file(451),
  }),
  crime('a function is longer than 80 lines', 'complexity/noExcessiveLinesPerFunction', {
    path: 'core/long-function.ts',
    text: `export function long(x: number) {\n${'  x++\n'.repeat(81)}}`,
  }),
  crime('a file is not named in kebab-case', 'style/useFilenamingConvention', {
    path: 'core/camelCase.ts',
    text: 'export {}',
  }),
  crime('an export is the default', 'style/noDefaultExport', {
    path: 'core/default.ts',
    text: 'export default 1',
  }),
  crime('a file hands on all of another', 'performance/noReExportAll', {
    path: 'core/barrel.ts',
    text: "export * from './egg.ts'",
  }),
  crime('a type is any', 'suspicious/noExplicitAny', { path: 'core/any.ts', text: 'export let x: any' }),
  crime('a value is said to be there', 'style/noNonNullAssertion', {
    path: 'core/bang.ts',
    text: 'export const x = (y?: string) => y!',
  }),
  crime('something else than an error is thrown', 'style/useThrowOnlyError', {
    path: 'core/throws.ts',
    text: "throw 'up'",
  }),
  crime('there is an enum', 'style/noEnum', { path: 'core/enum.ts', text: 'export enum X { A }' }),
  crime('a parameter is a property', 'style/noParameterProperties', {
    path: 'core/property.ts',
    text: 'export class X { constructor(readonly y: number) {} }',
  }),
  crime('a test is left out', 'suspicious/noSkippedTests', {
    path: 'test/skipped.test.ts',
    text: "import { test } from 'vitest'\ntest.skip('x', () => {})",
  }),
  crime('only one test runs', 'suspicious/noFocusedTests', {
    path: 'test/focused.test.ts',
    text: "import { test } from 'vitest'\ntest.only('x', () => {})",
  }),
]

/** Files that are within the law. */
const innocent: Record<string, string> = {
  'core/later.ts': 'export async function later(): Promise<number> {\n  return 1\n}',
  'core/exactly-300.ts': file(300),
  'library/stands-on-core.ts': "import '../core/later.ts'",
  'jenkins/stands-on-core.ts': "import '../core/later.ts'",
  'agent/stands-on-both.ts': "import '../core/later.ts'\nimport '../jenkins/stands-on-core.ts'",
  'agent/waits.ts': "import { later } from '../core/later.ts'\nexport const x = async () => await later()",
  'test/plays-the-other-side.ts': "import 'ssh2'\nimport 'ws'\nimport 'vitest'\nconsole.log(1)",
}

function crime(law: string, rule: string, file: { path: string; text: string }): Crime {
  return { law, rule: rule === 'plugin' ? rule : `lint/${rule}`, ...file }
}

let found: Map<string, string[]>
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footman-lint-'))
  await copyLaw()
  for (const { path, text } of crimes) await plant(path, text)
  for (const edge of Object.values(edges)) await plant(edge, importAll)
  for (const [path, text] of Object.entries(innocent)) await plant(path, text)
  found = await lint()
})

afterAll(() => rm(folder, { recursive: true, force: true }))

test.each(crimes)('it is found out when $law', ({ path, rule }) => {
  expect(found.get(path)).toContain(rule)
})

describe('nothing is said against', () => {
  test.each(Object.keys(innocent))('%s', (path) => {
    expect(found.get(path) ?? []).toEqual([])
  })
})

test.each(Object.entries(edges))('%s may be imported in %s, and no other client there', (_client, edge) => {
  expect(found.get(edge)).toEqual(clients.slice(1).map(() => 'plugin'))
})

/** The real rules; only what ties them to a Git checkout is left out. */
async function copyLaw(): Promise<void> {
  const law = JSON.parse(await readFile(join(root, 'biome.json'), 'utf8'))
  const { vcs: _, $schema: __, ...rules } = law
  await writeFile(join(folder, 'biome.json'), JSON.stringify(rules))
  await cp(join(root, 'package.json'), join(folder, 'package.json'))
  await cp(join(root, 'test/lint'), join(folder, 'test/lint'), { recursive: true })
}

async function plant(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), `${text}\n`)
}

interface Diagnostic {
  category: string
  location: { path: string }
}

/** Path -> rules that it breaks. */
async function lint(): Promise<Map<string, string[]>> {
  const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome')
  const words = [biome, 'lint', '--reporter=json', '--max-diagnostics=none', '.']
  const answer = promisify(execFile)(process.execPath, words, { cwd: folder, maxBuffer: 2 ** 26 })
  // It exits with 1 because it finds something, which is what it is here for.
  const { stdout } = await answer.catch((error: { stdout: string }) => error)
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] }
  const byPath = new Map<string, string[]>()
  for (const { category, location } of diagnostics) {
    byPath.set(location.path, [...(byPath.get(location.path) ?? []), category])
  }
  return byPath
}
