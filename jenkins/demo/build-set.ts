import type { ContainerHost } from '../../core/container-host.ts'
import type { DemoStage } from '../../core/demo.ts'
import { connectDockerHost } from '../../core/docker.ts'
import { messageOf } from '../../core/errors.ts'
import { plainSet } from './plain-set.ts'
import type { DemoSet } from './set.ts'

/** Containers where there is an engine, plain processes elsewhere. */
export async function buildSet(stage: DemoStage): Promise<DemoSet> {
  const { plain, env, signal, folder } = stage
  if (plain) return await plainSet(folder, 'as you asked')
  let host: ContainerHost
  try {
    host = await connectDockerHost({ env, signal })
  } catch (error) {
    return await plainSet(folder, `no container engine answers: ${messageOf(error).split('\n')[0]}`)
  }
  try {
    const { containerSet } = await import('./container-set.ts')
    return await containerSet(host, signal)
  } catch (error) {
    signal.throwIfAborted()
    return await plainSet(folder, `no image can be made here: ${messageOf(error)}`)
  }
}
