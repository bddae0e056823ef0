import { relative } from 'node:path'
import { defineCommand, printResult } from '../../core/command.ts'
import { type Comparison, compareLibrary } from '../compare.ts'
import { loadPlan } from '../load-plan.ts'
import { manifestPath } from '../manifest.ts'
import { writeLibrary } from '../write.ts'

export const command = defineCommand({
  options: {
    force: { summary: 'overwrite and remove files that somebody changed, too' },
  },
  examples: [
    { line: 'footman library generate', explains: 'write what the configuration asks for' },
    { line: 'footman library generate --dry-run', explains: 'only list what would be written and removed' },
  ],
  reads: true,
  writes: true,
  async run(context, { force }) {
    const { log, cwd, dryRun, signal } = context
    const { root, plan, version, overridden } = await loadPlan(context)
    const comparison = compareLibrary(root, plan, { ignoreDamage: force })
    warnAbout(comparison, log.warn)
    if (overridden.length > 0) {
      const { lintLibrary } = await import('../lint/lint-library.ts')
      for (const { path, line, message } of lintLibrary(plan.files)) log.warn(`${path}:${line}: ${message}`)
    }
    if (!dryRun) await writeLibrary({ root, plan, comparison, version, force, signal })
    const result = resultOf(comparison)
    const count = result.written.length + result.removed.length
    if (context.json || count > 0) printResult(context, { root, ...result }, () => listing(result, dryRun))
    const where = relative(cwd, root) || '.'
    if (count === 0) log.info(`${plan.files.length} files in ${where}: nothing to do`)
    else if (!dryRun) log.info(`${plan.files.length} files in ${where}, ${count} of them changed`)
  },
})

interface Result {
  written: string[]
  removed: string[]
}

function resultOf({ differences }: Comparison): Result {
  return {
    written: differences.filter(({ after }) => after !== undefined).map(({ path }) => path),
    removed: differences.filter(({ after }) => after === undefined).map(({ path }) => path),
  }
}

function listing({ written, removed }: Result, dryRun: boolean): string {
  const [write, remove] = dryRun ? ['write', 'remove'] : ['wrote', 'removed']
  return [
    ...written.map((path) => `${write} ${path}\n`),
    ...removed.map((path) => `${remove} ${path}\n`),
  ].join('')
}

function warnAbout({ left, dropped }: Comparison, warn: (message: string) => void): void {
  for (const path of left)
    warn(`${path} is yours and stays as it is; footman library diff shows what it would be`)
  for (const path of dropped)
    warn(`${manifestPath} names ${JSON.stringify(path)}, which is no file of the library`)
}
