import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { agentConfigSchema } from '../../agent/config/schema.ts'
import { settingsTable } from './settings-table.ts'

export const readmePath = resolve(import.meta.dirname, '../../README.md')

const section = /(<!-- settings:[^>]*-->\n)[\s\S]*?(<!-- \/settings -->)/

/** The README with its generated parts made anew. */
export function withSettings(readme: string): string {
  return readme.replace(section, (_, start, end) => `${start}${settingsTable(agentConfigSchema)}\n${end}`)
}

if (process.argv[1] === import.meta.filename) {
  await writeFile(readmePath, withSettings(await readFile(readmePath, 'utf8')))
}
