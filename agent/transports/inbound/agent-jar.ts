import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../../../core/atomic-write.ts'
import { RemoteError } from '../../../core/errors.ts'
import { fileError } from '../../../core/file-error.ts'
import type { Jenkins } from '../../../jenkins/jenkins.ts'
import { controllerIdOf } from '../../identity.ts'

export interface AgentJarOptions {
  jenkins: Jenkins
  cacheDir: string
  signal?: AbortSignal
}

/**
 * The version before the current one stays: agents that are still running with it start anew from the file when
 * they reconnect.
 */
const keptOlder = 1

/**
 * The controller's own agent.jar on this machine, fetched once for each version of the controller; returns its
 * path. Always the controller's own, because a controller refuses agents that are too old. Throws RemoteError when
 * what came is no program.
 */
export async function agentJar({ jenkins, cacheDir, signal }: AgentJarOptions): Promise<string> {
  const { version } = jenkins.seen ?? (await jenkins.root(signal))
  const folder = join(cacheDir, 'agent-jars', controllerIdOf(jenkins.url))
  const name = `agent-${version.replace(/[^\w.-]/g, '_')}.jar`
  const path = join(folder, name)
  if (await hasContent(path)) return path
  const jar = await jenkins.agentJar(signal)
  requireProgram(jar, jenkins.url)
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw fileError('create', folder, error)
  })
  // Everybody may read it: users inside of containers are strangers to this machine.
  await writeFileAtomic(path, jar, { mode: 0o644 })
  await prune(folder, name)
  return path
}

async function hasContent(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && found.size > 0
}

/**
 * A jar is a zip archive; the practice controller's agent is a JavaScript file. A login page in between is neither.
 */
function requireProgram(content: Buffer, url: string): void {
  const start = content.subarray(0, 64).toString('latin1')
  if (/^(PK|#!|'use strict'|"use strict"|\/\/|\/\*)/.test(start)) return
  const what = content.length === 0 ? 'nothing' : `something that begins with ${JSON.stringify(start)}`
  throw new RemoteError('broken', `${url}jnlpJars/agent.jar is no program: what came is ${what}`, {
    hint: 'look whether a proxy or a login page stands in front of the controller',
  })
}

async function prune(folder: string, current: string): Promise<void> {
  const others = (await readdir(folder)).filter((name) => /^agent-.*\.jar$/.test(name) && name !== current)
  const dated = await Promise.all(
    others.map(async (name) => ({ name, writtenAtMs: (await stat(join(folder, name))).mtimeMs })),
  )
  const surplus = dated.sort((a, b) => b.writtenAtMs - a.writtenAtMs).slice(keptOlder)
  await Promise.all(surplus.map(({ name }) => rm(join(folder, name), { force: true })))
}
