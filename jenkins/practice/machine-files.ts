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
  const unique = [...new Set(programs)]
  const together = await ldd(unique)
  // With musl it looks at the first one only, and then writes no headings.
  const hasAll = unique.length === 1 || unique.every((program) => together.includes(`${program}:\n`))
  const outputs = hasAll ? [together] : await Promise.all(unique.map((program) => ldd([program])))
  const files = new Set(outputs.flatMap(parseLdd))
  return [...files].map((file) => ({ source: file, target: file.slice(1) }))
}

async function ldd(programs: readonly string[]): Promise<string> {
  const { stdout } = await run(['ldd', ...programs], { timeoutMs: 10_000 })
  return stdout
}

/** The paths in the output of ldd, with glibc or musl. */
export function parseLdd(output: string): string[] {
  return [...output.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/gm)].flatMap(([, path]) => path ?? [])
}
