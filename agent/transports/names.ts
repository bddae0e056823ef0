/**
 * The names that `transport` in agent.yaml takes beside `auto`, in the order of preference: WebSocket
 * passes wherever the controller itself can be reached. A file of its own, so that the configuration needs no transport
 * to know them.
 */
export const transportNames = ['websocket', 'tcp', 'ssh', 'swarm'] as const

export type TransportName = (typeof transportNames)[number]
