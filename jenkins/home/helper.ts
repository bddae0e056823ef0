import { randomBytes } from 'node:crypto'
import type { ContainerHost } from '../../core/container-host.ts'
import { FootmanError, UserError } from '../../core/errors.ts'
import { helperBody } from './helper-body.ts'
import type { HomePlaces } from './home.ts'
import { runScript } from './run-script.ts'
import type { HelperOptions, HelperTask } from './task.ts'

export const helperLabels = (controller: string): Record<string, string> => ({
  'footman.controller': controller,
  'footman.role': 'helper',
})
const backupLabel = 'footman.helper'

/**
 * Does one task with the home in a helper container, and removes that. Returns the results of the script. Throws UserError for
 * what a person can cure (no room, a damaged backup, an image without the tools), RemoteError for the rest, and the
 * signal's reason: then the helper is killed at once.
 */
export async function help(options: HelperOptions, task: HelperTask): Promise<string[]> {
  const { host } = options
  const { signal } = task
  const helper = (await keptHelper(options, task)) ?? (await startHelper(options, task))
  let keep = false
  try {
    const results = await runScript(options, task, helper)
    keep = task.keep ?? false
    return results
  } finally {
    if (!keep) await host.remove(helper)
    signal?.throwIfAborted()
  }
}

async function keptHelper({ host, places }: HelperOptions, task: HelperTask): Promise<string | undefined> {
  if (task.backup === undefined || task.target !== undefined || task.changesHome) return undefined
  const labels = { ...helperLabels(places.controller), [backupLabel]: task.backup }
  const [kept] = await host.list(labels, task.signal)
  return kept?.status === 'running' ? kept.id : undefined
}

async function startHelper({ host, places, labels }: HelperOptions, task: HelperTask): Promise<string> {
  const { signal, changesHome = false, target, backup } = task
  const image = await host.inspectImage(places.image, signal)
  if (!image) {
    throw new UserError(`the image ${places.image} is not on this machine`, {
      hint: `docker pull ${places.image}`,
    })
  }
  await makeVolumes(host, places, signal)
  const all = { ...labels, ...helperLabels(places.controller), ...(backup && { [backupLabel]: backup }) }
  const body = helperBody(image, all, { places, changesHome, ...(target !== undefined && { target }) })
  const name = `${places.controller}-helper-${randomBytes(4).toString('hex')}`
  const id = await host.create(name, body, signal)
  try {
    await host.start(id, signal)
    return id
  } catch (error) {
    await host.remove(id)
    throw lacksBash(error, places.image)
  }
}

async function makeVolumes(host: ContainerHost, places: HomePlaces, signal?: AbortSignal): Promise<void> {
  const { home, store } = places
  if (!home.startsWith('/') && !(await host.inspectVolume(home, signal))) {
    throw new UserError(`there is no volume ${home}, which should be the home of ${places.controller}`, {
      hint: 'docker volume ls shows the volumes of this engine',
    })
  }
  if (!store.startsWith('/') && !(await host.inspectVolume(store, signal))) {
    await host.createVolume(store, { 'footman.role': 'backup' }, signal)
  }
}

function lacksBash(error: unknown, image: string): unknown {
  if (
    !(error instanceof FootmanError) ||
    !/executable file not found|no such file or directory/.test(error.message)
  )
    return error
  return new UserError(`the image ${image} has no bash, which looking after a home needs`, {
    hint: 'use an image with bash and GNU coreutils, such as the official ones of Jenkins',
    cause: error,
  })
}
