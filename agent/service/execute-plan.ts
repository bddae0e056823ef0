import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeFileAtomic } from '../../core/atomic-write.ts'
import { UserError } from '../../core/errors.ts'
import { fileError } from '../../core/file-error.ts'
import { quoteShell } from '../../core/quote.ts'
import type { RunCommand } from '../run-command.ts'
import type { ServicePlan, ServiceStep } from './plan.ts'

/** Carries out a plan, step by step. Throws UserError at the first step that fails; doing it again is safe. */
export async function executePlan(plan: ServicePlan, run: RunCommand, signal?: AbortSignal): Promise<void> {
  for (const step of plan.steps) {
    signal?.throwIfAborted()
    await executeStep(step, run, signal)
  }
}

async function executeStep(
  step: ServiceStep,
  run: RunCommand,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (step.kind === 'write') {
    await mkdir(dirname(step.path), { recursive: true }).catch((error: unknown) => {
      throw fileError('make the folder of', step.path, error)
    })
    return await writeFileAtomic(step.path, step.content, { mode: step.mode })
  }
  if (step.kind === 'remove') {
    return await rm(step.path, { force: true }).catch((error: unknown) => {
      throw fileError('remove', step.path, error)
    })
  }
  const { exitCode, stderr } = await run(step.words, signal, step.timeoutMs)
  if (exitCode === 0 || step.mayFail) return
  throw new UserError(`${quoteShell(step.words)} failed: ${stderr.trim() || `exit code ${exitCode}`}`, {
    hint: 'give that command by hand; without a service manager of your own, keep `footman agent run` open in a terminal',
  })
}

/** The plan for people, as --dry-run shows it. */
export function describePlan({ steps, notes }: ServicePlan): string {
  const lines = steps.map((step) => {
    if (step.kind === 'write') return `write ${step.path}:\n${indent(step.content)}`
    return step.kind === 'remove' ? `remove ${step.path}` : `run ${quoteShell(step.words)}`
  })
  return [...lines, ...notes.map((note) => `note: ${note}`)].join('\n')
}

function indent(text: string): string {
  return text.trimEnd().replace(/^(?=.)/gm, '    ')
}
