import { agentSecret, findComputer } from './computers.ts'
import type { AgentDoor } from './contract.ts'
import { isInbound } from './node-xml.ts'
import type { State } from './state.ts'

/** What a door knows of the nodes. */
export function doorView(state: State): Pick<AgentDoor, 'findNode' | 'secretOf' | 'isConnected'> {
  return {
    findNode: (name) => {
      const config = findComputer(state, name)?.config
      return config && config.name !== '' ? { inbound: isInbound(config) } : undefined
    },
    secretOf: (name) => agentSecret(state, name),
    isConnected: (name) => state.computers.get(name)?.link !== undefined,
  }
}
