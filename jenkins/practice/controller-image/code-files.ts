import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { UserError } from '../../../core/errors.ts'
import { shippedFile } from '../../../core/package.ts'
import type { CopiedFile } from '../machine-files.ts'

/** Where footman's code lies in the image. */
const target = 'usr/share/footman'
const entries = ['main.js', 'fill-home.js'].map((name) => `dist/jenkins/practice/controller-image/${name}`)

/**
 * The compiled code that the practice controller's programs need, and no more: what they import, directly or not, with the packages
 * that this names. Throws UserError when footman has not been compiled.
 */
export async function codeFiles(root: string = shippedFile('.')): Promise<CopiedFile[]> {
  const seen = new Set<string>()
  const packages = new Map<string, string>()
  const waiting = [...entries.map((entry) => join(root, entry)), ...(await agentModules(root))]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    for (const name of await importsOf(file)) {
      if (name.startsWith('.')) waiting.push(join(dirname(file), name))
      else if (!name.startsWith('node:')) await addPackage(name, file, packages)
    }
  }
  const ours = [join(root, 'package.json'), ...seen].map((file) => ({
    source: file,
    target: `${target}/${relative(root, file)}`,
  }))
  const theirs = await Promise.all([...packages].map(([name, folder]) => packageFiles(name, folder)))
  return [...ours, ...theirs.flat()]
}

/** agent.jar is put together from these when somebody asks for it; nothing imports them. */
async function agentModules(root: string): Promise<string[]> {
  const folder = join(root, 'dist/jenkins/practice/agent')
  const names = await readdir(folder).catch((cause) => {
    throw new UserError(`footman has not been compiled: there is no ${folder}`, {
      hint: 'npm run build',
      cause,
    })
  })
  return names.filter((name) => name.endsWith('.cjs')).map((name) => join(folder, name))
}

async function importsOf(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8')
  if (file.endsWith('.cjs')) return []
  const found = text.matchAll(
    /^(?:import\s+(?:[^'"();]*?\sfrom\s+)?|export\s+(?:\{[^}]*\}|\*)\s*from\s+)['"]([^'"]+)['"]/gm,
  )
  return [...found].flatMap(([, name]) => name ?? [])
}

/** A package with those that it depends on, each where Node would find it from `importer`. */
async function addPackage(specifier: string, importer: string, packages: Map<string, string>): Promise<void> {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  if (packages.has(name)) return
  const folder = findPackage(name, importer)
  if (folder === undefined) return
  packages.set(name, folder)
  const manifest: { dependencies?: Record<string, string> } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  )
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    await addPackage(dependency, join(folder, 'package.json'), packages)
  }
}

function findPackage(name: string, importer: string): string | undefined {
  for (let folder = dirname(importer); folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return candidate
  }
  return undefined
}

/** What runs of a package: neither types, nor maps, nor the packages below it. */
async function packageFiles(name: string, folder: string): Promise<CopiedFile[]> {
  const files = await readdir(folder, { recursive: true })
  return files
    .filter((file) => /\.(?:js|cjs|mjs|json)$/.test(file) && !file.startsWith('node_modules/'))
    .map((file) => ({ source: join(folder, file), target: `${target}/node_modules/${name}/${file}` }))
}
