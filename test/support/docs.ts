import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { agentConfigSchema } from '../../agent/config/schema.ts'
import { controllerConfigSchema } from '../../jenkins/config/schema.ts'
import { libraryConfigSchema } from '../../library/config.ts'
import { planLibrary } from '../../library/engine.ts'
import { images } from '../../library/images/registry.ts'
import { steps } from '../../library/registry.ts'
import { loadTemplates } from '../../library/templates.ts'
import { settingsTable } from './settings-table.ts'

const root = resolve(import.meta.dirname, '../..')
export const readmePath = join(root, 'README.md')
/** Pages and examples of the library as it comes, for reading before anything is generated. */
export const samplePath = join(root, 'library/sample')

/** The README with its generated parts made anew. */
export function withGenerated(readme: string): string {
  const made = {
    settings: settingsTable(agentConfigSchema),
    'controller-settings': settingsTable(controllerConfigSchema),
    steps: stepsTable(),
    images: imagesTable(),
  }
  return Object.entries(made).reduce((text, [name, content]) => {
    const section = new RegExp(`(<!-- ${name}:[^>]*-->\\n)[\\s\\S]*?(<!-- /${name} -->)`)
    return text.replace(section, (_, start, end) => `${start}${content}\n${end}`)
  }, readme)
}

/** The sample's files, path to content. */
export function sampleFiles(): Map<string, string> {
  const config = libraryConfigSchema.parse({})
  const { files } = planLibrary({ steps, config, templates: loadTemplates(), version: 'sample' })
  const shown = files.filter(({ path }) => /^(docs|examples)\//.test(path) && !path.endsWith('CHANGELOG.md'))
  return new Map(shown.map(({ path, content }) => [path, content]))
}

/** The sample as it lies on disk. */
export async function keptSample(): Promise<Map<string, string>> {
  const found = await readdir(samplePath, { recursive: true, withFileTypes: true })
  const files = found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  return new Map(files.map((file, index) => [file.slice(samplePath.length + 1), texts[index] ?? '']))
}

function stepsTable(): string {
  const rows = [...steps]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, summary }) => `| [${name}](library/sample/docs/${name}.md) | ${summary} |`)
  return ['| step | what it does |', '| --- | --- |', ...rows].join('\n')
}

function imagesTable(): string {
  const rows = images.map(({ name, summary }) => `| ${name} | ${summary} |`)
  return ['| image | what it is |', '| --- | --- |', ...rows].join('\n')
}

if (process.argv[1] === import.meta.filename) {
  await rm(samplePath, { recursive: true, force: true })
  for (const [path, content] of sampleFiles()) {
    await mkdir(dirname(join(samplePath, path)), { recursive: true })
    await writeFile(join(samplePath, path), content)
  }
  await writeFile(readmePath, withGenerated(await readFile(readmePath, 'utf8')))
}
