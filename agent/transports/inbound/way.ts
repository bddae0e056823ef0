/** How agent.jar dials its controller. */
export interface InboundWay {
  /** Of the transport that uses it. */
  readonly name: string
  /** What the node's launcher is told; Jenkins itself takes it as advice only. */
  readonly webSocket: boolean
  /** Options of agent.jar that choose this way. */
  readonly agentOptions: readonly string[]
}
