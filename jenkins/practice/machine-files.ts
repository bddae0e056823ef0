import { access, constants, realpath } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { run } from '../../core/process.ts'

/** Where something comes from on this machine, and where it goes in an image (no leading slash). */
export interface CopiedFile {
  source: string
  target: string
}

/** The programs of these names that this machine has, each to go to `folder`. Links are followed. */
export async function findPrograms(
  names: readonly string[],
  path: string,
  folder = 'bin',
): Promise<CopiedFile[]> {
  const files: CopiedFile[] = []
  for (const name of names) {
    const source = await findProgram(name, path)
    if (source) files.push({ source, target: `${folder}/${name}` })
  }
  return files
}

export async function findProgram(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, name)
    const found = await access(file, constants.X_OK).then(
      () => realpath(file),
      () => undefined,
    )
    if (found) return found
  }
  return undefined
}

/** The shared libraries and the loader of programs, by asking the loader itself; none for a static program. */
export async function librariesOf(programs: readonly string[]): Promise<CopiedFile[]> {
  const { stdout } = await run(['ldd', ...programs], { timeoutMs: 10_000 })
  return [...new Set(parseLdd(stdout))].map((file) => ({ source: file, target: file.slice(1) }))
}

/** The paths in the output of ldd, with glibc or musl. */
export function parseLdd(output: string): string[] {
  return [...output.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/gm)].flatMap(([, path]) => path ?? [])
}
