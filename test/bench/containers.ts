import type { ContainerEngine, ContainerState } from '../../core/container-engine.ts'
import type { AgentHome } from '../e2e/agent-process.ts'

/** Containers of the home's machine, running or not. */
export async function containersOf(engine: ContainerEngine, home: AgentHome): Promise<ContainerState[]> {
  const all = await engine.list({})
  return all.filter(({ labels }) => labels['io.footman.slot']?.startsWith(`${home.machine}-`))
}
