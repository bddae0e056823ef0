import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { libraryCommands } from '../../library/commands/registry.ts'
import { type CliOptions, type CliRun, programOf, runCli } from '../support/run-cli.ts'
import { tempDir } from '../support/temp-dir.ts'

const footman = { ...programOf({}), nouns: { library: 'About libraries' }, commands: libraryCommands }

/** A folder in which `footman library …` is called. */
export interface Folder {
  path: string
  footman(...argv: string[]): Promise<CliRun>
  with(options: CliOptions): (...argv: string[]) => Promise<CliRun>
  write(path: string, text: string): Promise<void>
}

/** A fresh folder with these files. */
export async function folderWith(files: Readonly<Record<string, string>> = {}): Promise<Folder> {
  const path = await tempDir()
  const call = (options: CliOptions, argv: readonly string[]) =>
    runCli(footman, ['library', ...argv], { cwd: path, ...options })
  const folder: Folder = {
    path,
    footman: (...argv) => call({}, argv),
    with:
      (options) =>
      (...argv) =>
        call(options, argv),
    async write(name, text) {
      await mkdir(dirname(join(path, name)), { recursive: true })
      await writeFile(join(path, name), text)
    },
  }
  for (const [name, text] of Object.entries(files)) await folder.write(name, text)
  return folder
}
