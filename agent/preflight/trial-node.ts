import { deadline } from '../../core/clock.ts'
import { permissionName } from '../../jenkins/permissions.ts'
import { attempt, type CheckOutcome, fail, failure, ok } from './check.ts'
import type { PreflightOptions } from './options.ts'

export interface TrialOptions
  extends Pick<PreflightOptions, 'jenkins' | 'config' | 'machineName' | 'transports' | 'signal'> {
  /** Undefined where nothing may be started. */
  engine?: PreflightOptions['engine']
}

/** Asked for by no build. */
export const trialLabel = 'footman-preflight'
/** The check on which all others of the trial depend. */
export const creation = 'create nodes'
/** Time for the deletion of the trial node after somebody interrupted. */
const tidyMs = 10_000

/** Makes the node with which everything is tried; replaces one that a killed preflight left. */
export async function createTrial(name: string, options: TrialOptions): Promise<CheckOutcome> {
  const { jenkins, config, machineName, signal } = options
  const cure = grant('Agent/Create', options)
  const answer = await attempt(signal, async () => {
    const { allowed, permission } = await jenkins.canCreateNodes(signal)
    if (!allowed) return fail(creation, `we may not (${permissionName(permission ?? 'Agent/Create')})`, cure)
    const before = await jenkins.node(name, signal)
    if (before && !isTrial(before.description)) {
      const finding = `there is a node ${name} that footman did not make`
      return fail(creation, finding, 'rename it, or give this machine another name with machine.name')
    }
    if (before) await jenkins.deleteNode(name, signal)
    await jenkins.createNode(
      {
        name,
        description: `${trialMark} on ${machineName}; it is gone again in a moment.`,
        labels: [trialLabel],
        remoteFs: config.templates[0]?.workDir ?? '/home/jenkins/agent',
        executors: 1,
        mode: 'exclusive',
        webSocket: true,
      },
      signal,
    )
    return ok(creation, before ? 'we may; one that an earlier preflight left is gone' : 'we may')
  })
  return 'error' in answer ? failure(creation, answer.error, cure) : answer.value
}

/** Deletes it, which is a check as well. */
export async function deleteTrial(name: string, options: TrialOptions): Promise<CheckOutcome> {
  const { jenkins, signal } = options
  const answer = await attempt(signal, () => jenkins.deleteNode(name, signal))
  if (!('error' in answer)) return ok('delete nodes', 'we may')
  const failed = failure('delete nodes', answer.error, grant('Agent/Delete', options))
  return { ...failed, cure: `${failed.cure}; then delete the node ${name} that is left over` }
}

/** Best effort, also when the person has lost patience; what cannot be removed now is removed by the next preflight. */
export async function tidyTrial(name: string, { jenkins }: TrialOptions): Promise<void> {
  const signal = deadline(tidyMs)
  const node = await jenkins.node(name, signal).catch(() => undefined)
  if (node && isTrial(node.description)) await jenkins.deleteNode(name, signal).catch(() => undefined)
}

const trialMark = 'Made by footman preflight'

function isTrial(description: string): boolean {
  // The Swarm plugin puts words of its own before ours.
  return description.includes(trialMark)
}

/** The cure for a permission that is missing. */
export function grant(permission: string, { config }: TrialOptions): string {
  return `ask an administrator of Jenkins to give ${config.controller.user} the permission ${permission}`
}
