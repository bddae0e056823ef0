import type { Transport } from '../../agent/transports/transport.ts'

/** A way to connect that footman does not have: no other file has heard of it. */
export function pigeon(over: Partial<Transport> = {}): Transport {
  return {
    name: 'pigeon',
    title: 'Carrier pigeon',
    isAutomatic: true,
    agentsDial: true,
    addedLabels: [],
    defaultImage: () => 'jenkins/inbound-agent:pigeons',
    usable: async () => ({ usable: true, finding: 'pigeons are about' }),
    tryOut: async ({ node }) => ({ usable: true, finding: `a pigeon found ${node}` }),
    explain: async () => 'the cat got it',
    rest: async () => {},
    open: async () => {},
    restore: async () => {},
    release: async () => {},
    ...over,
  }
}
