import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { shippedFile } from '../../../core/package.ts'
import { run } from '../../../core/process.ts'
import { type LibraryConfigInput, libraryConfigSchema } from '../../../library/config.ts'
import type { StepDefinition } from '../../../library/definition.ts'
import { planLibrary } from '../../../library/engine.ts'
import { steps } from '../../../library/registry.ts'
import type { TemplateSource } from '../../../library/render.ts'
import { loadTemplates } from '../../../library/templates.ts'

/** Groovy 2.4.21, the version that Jenkins has: Debian package groovy. */
const jar = process.env.FOOTMAN_TEST_GROOVY_JAR ?? '/usr/share/java/groovy-all-2.4.21.jar'

/** Writes a generated library into a fresh folder and returns it; the caller removes it. */
export async function writeTestLibrary(
  definitions: readonly StepDefinition[] = steps,
  config: LibraryConfigInput = {},
  templates: TemplateSource = loadTemplates(),
): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'footman-library-'))
  const plan = planLibrary({
    steps: definitions,
    config: libraryConfigSchema.parse(config),
    templates,
    version: '0.0.0-test',
  })
  for (const { path, content } of plan.files) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content)
  }
  return root
}

/** Runs a Groovy script with the harness that the library brings along, and returns what it printed. */
export async function runGroovy(
  library: string,
  script: string,
  args: readonly string[],
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  if (!existsSync(jar))
    throw new Error(`there is no ${jar}: apt-get install groovy, or set FOOTMAN_TEST_GROOVY_JAR`)
  const classPath = [jar, join(library, 'test/harness')].join(':')
  const words = [
    'java',
    '-Xshare:auto',
    '-XX:TieredStopAtLevel=1',
    '-cp',
    classPath,
    'groovy.ui.GroovyMain',
    script,
    ...args,
  ]
  return run(words, { timeoutMs: 600_000, maxOutputBytes: 64 * 2 ** 20 })
}

/** Compiles Groovy files, Jenkinsfiles included, and returns what the compiler complained about. */
export async function compileGroovy(library: string, files: readonly string[]): Promise<string> {
  const target = await mkdtemp(join(tmpdir(), 'footman-classes-'))
  try {
    const classPath = [join(library, 'src'), join(library, 'test/harness')].join(':')
    const words = [
      'java',
      '-cp',
      jar,
      'org.codehaus.groovy.tools.FileSystemCompiler',
      '-d',
      target,
      '--classpath',
      classPath,
    ]
    const { exitCode, stdout, stderr } = await run([...words, ...files], { timeoutMs: 300_000 })
    return exitCode === 0 ? '' : stdout + stderr
  } finally {
    await rm(target, { recursive: true, force: true })
  }
}

export const benchScript = shippedFile('test/library/harness/bench.groovy')
