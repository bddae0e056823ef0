import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { FakeCase, FakeStep } from '../fakes/fake-step.ts'
import { benchScript, runGroovy } from './groovy.ts'

export interface BenchCase extends FakeCase {
  step: string
  tools: FakeStep['tools']
  /** Abort it at every call, too. */
  aborts: boolean
}

const resultSchema = z.object({
  title: z.string(),
  /** `end`, or where it was aborted. */
  moment: z.string(),
  /** `well`, or the exception. */
  ended: z.string(),
  value: z.unknown(),
  left: z.object({
    held: z.array(z.string()),
    temporary: z.array(z.string()),
    processes: z.array(z.string()),
  }),
  calls: z.array(z.string()),
  kept: z.array(z.string()),
  log: z.array(z.string()),
  /** How the stand-ins were called. */
  tools: z.array(z.string()),
})

export type BenchResult = z.output<typeof resultSchema>

/** Runs cases on the Groovy harness, all in one virtual machine. */
export async function runBench(library: string, cases: readonly BenchCase[]): Promise<BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'footman-bench-'))
  try {
    const job = join(folder, 'job.json')
    await writeFile(job, JSON.stringify({ library, cases }))
    const { exitCode, stdout, stderr } = await runGroovy(library, benchScript, [job])
    if (exitCode !== 0) throw new Error(`the bench ended with ${exitCode}: ${stderr}`)
    return stdout
      .split('\n')
      .filter((line) => line.startsWith('RESULT '))
      .map((line) => resultSchema.parse(JSON.parse(line.slice('RESULT '.length))))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
