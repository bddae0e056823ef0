import type { ContainerCpuMeter } from '../policy/container-cpu.ts'
import type { ObservedContainer } from '../world.ts'

/**
 * CPUs that our own containers use: as measured, or all that they may use where the kernel does not show it. Otherwise
 * builds would count as foreign load, and policy.maxLoad would close the door on the machine's own doing.
 */
export async function ownCpus(
  containers: readonly ObservedContainer[],
  meter: ContainerCpuMeter,
): Promise<number> {
  const running = containers.filter(({ status }) => status === 'running')
  const measured = await meter(running.map(({ id }) => id))
  return measured ?? running.reduce((sum, { size }) => sum + size.cpus, 0)
}
