import type { ContainerEngine } from '../../core/container-engine.ts'

export interface EndOptions {
  engine: ContainerEngine
  containerId: string
  /** Between SIGTERM and SIGKILL, ms. */
  graceMs: number
  signal?: AbortSignal
}

/** Removes a container, after a time in which its agent may take its leave. Throws what the engine's `remove` throws. */
export async function endContainer({ engine, containerId, graceMs, signal }: EndOptions): Promise<void> {
  // One that cannot be stopped is killed by its removal.
  await engine.stop(containerId, Math.ceil(graceMs / 1000), signal).catch(() => undefined)
  await engine.remove(containerId, signal)
}
