import type { AgentStatus } from '../../agent/control/protocol.ts'

const gib = 2 ** 30

/** An idle machine that lends 6 CPUs and 16 GiB. */
export function agentStatus(over: Partial<AgentStatus> = {}): AgentStatus {
  return {
    pid: 4711,
    startedAtMs: 0,
    machine: 'laptop-ann',
    controller: { url: 'http://jenkins.test/', version: '2.498', reachable: true, sinceMs: 0 },
    openness: 'open',
    because: 'nothing speaks against lending',
    budget: { total: { cpus: 6, memoryBytes: 16 * gib }, used: { cpus: 0, memoryBytes: 0 } },
    slots: [{ slot: 'laptop-ann-1', state: 'registered' }],
    waiting: [],
    events: [],
    ...over,
  }
}
