import type { PipelineStep } from '../contract.ts'
import { type BuildRun, later, type Mishap, onAbort, say, until } from './build-run.ts'
import { runNodeBlock } from './node-block.ts'
import { dropInside, openBlocks, progressOf, type StepRecord } from './progress.ts'
import { failure, type Scope, sayReadyWhenBack, sayResuming } from './scope.ts'
import { runShellStep } from './shell-step.ts'

type StepOf<K extends PipelineStep['kind']> = Extract<PipelineStep, { kind: K }>

/** Runs a Pipeline from its first step, or on from its progress. Says the first and the last lines of its console too. */
export async function runPipeline(
  run: BuildRun,
  steps: readonly PipelineStep[],
  mode: 'start' | 'resume',
): Promise<Mishap | undefined> {
  const progress = progressOf(run.build)
  const returning = { count: openBlocks(progress) }
  if (mode === 'start') {
    say(run, `Started by user ${run.build.user}`, '[Pipeline] Start of Pipeline')
  } else {
    sayResuming(run)
    sayReadyWhenBack(run, returning)
  }
  const root = {
    run,
    path: '',
    progress,
    record: {},
    isNew: true,
    signal: run.stop,
    place: undefined,
    returning,
  }
  const mishap = await runSteps(steps, root)
  say(run, '[Pipeline] End of Pipeline')
  if (mishap?.text) say(run, mishap.text)
  return mishap
}

/** The steps of a block, in order, until one fails. */
async function runSteps(steps: readonly PipelineStep[], scope: Scope): Promise<Mishap | undefined> {
  for (const [index, step] of steps.entries()) {
    const mishap = await runStep(step, `${scope.path}/${index}`, scope)
    if (mishap) return mishap
  }
  return undefined
}

async function runStep(step: PipelineStep, path: string, outer: Scope): Promise<Mishap | undefined> {
  const { progress, run, signal } = outer
  const known = progress[path]
  if (known?.ended)
    return known.ended === 'SUCCESS' ? undefined : { result: known.ended, text: known.endText ?? '' }
  if (signal.aborted) return signal.reason
  const record: StepRecord = known ?? {}
  progress[path] = record
  const scope: Scope = { ...outer, path, record, isNew: known === undefined }
  if (scope.isNew) say(run, `[Pipeline] ${step.kind}`)
  run.host.save()
  const mishap = await perform(step, scope)
  record.ended = mishap?.result ?? 'SUCCESS'
  if (mishap) record.endText = mishap.text
  dropInside(progress, path)
  run.host.save()
  return mishap
}

function perform(step: PipelineStep, scope: Scope): Promise<Mishap | undefined> {
  switch (step.kind) {
    case 'node':
      return runNodeBlock(step.label, scope, (inner) => runSteps(step.body, inner))
    case 'stage':
      return runStage(step, scope)
    case 'parallel':
      return runBranches(step, scope)
    case 'sh':
      return runShellStep(step.script, scope)
    case 'sleep':
      return runSleep(step, scope)
    case 'echo':
      if (scope.isNew) say(scope.run, step.message)
      return Promise.resolve(undefined)
    case 'error':
      return Promise.resolve(failure(step.message))
  }
}

async function runStage(step: StepOf<'stage'>, scope: Scope): Promise<Mishap | undefined> {
  if (scope.isNew) say(scope.run, `[Pipeline] { (${step.name})`)
  const mishap = await runSteps(step.body, scope)
  say(scope.run, '[Pipeline] }', '[Pipeline] // stage')
  return mishap
}

/** All branches run to their end, whatever becomes of the others; the first mishap in their order is the step's. */
async function runBranches(step: StepOf<'parallel'>, scope: Scope): Promise<Mishap | undefined> {
  const { run } = scope
  if (scope.isNew) for (const { name } of step.branches) say(run, `[Pipeline] { (Branch: ${name})`)
  const mishaps = await Promise.all(
    step.branches.map(async ({ name, body }, index) => {
      const mishap = await runSteps(body, { ...scope, path: `${scope.path}/b${index}` })
      say(run, '[Pipeline] }')
      if (mishap?.result === 'FAILURE') say(run, `Failed in branch ${name}`)
      return mishap
    }),
  )
  say(run, '[Pipeline] // parallel')
  return mishaps.find((mishap) => mishap !== undefined)
}

async function runSleep(step: StepOf<'sleep'>, scope: Scope): Promise<Mishap | undefined> {
  const { run, record, signal } = scope
  if (scope.isNew) say(run, `Sleeping for ${seconds(step.seconds)}`)
  record.untilMs ??= run.host.clock.now() + step.seconds * 1000
  const restMs = record.untilMs - run.host.clock.now()
  return until<Mishap | undefined>(run, (resolve) => {
    const forgetTimer = later(run, Math.max(0, restMs), () => resolve(undefined))
    const forgetAbort = onAbort(signal, resolve)
    return () => {
      forgetTimer()
      forgetAbort()
    }
  })
}

/** A time span as Jenkins writes it: `5 sec`, `1 min 30 sec`. */
function seconds(total: number): string {
  const [minutes, rest] = [Math.floor(total / 60), Math.floor(total % 60)]
  return minutes > 0 ? `${minutes} min ${rest} sec` : `${rest} sec`
}
