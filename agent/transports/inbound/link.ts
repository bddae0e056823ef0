import type { ObservedContainer } from '../../world.ts'

/**
 * What agent.jar says of its own connection, word for word: plugins write into the same log, and one that `Failed to
 * connect to` something else has lost no controller. Source: jenkinsci/remoting Engine.java, Launcher.java.
 */
const markers: readonly [RegExp, ObservedContainer['link']][] = [
  [/^Connected$/, 'connected'],
  [/^(Terminated|Performing onReconnect operation\.?|(Read|Write) side closed|Handshaking)$/, 'connecting'],
  [/^(Setting up agent: |Locating server among |Could not (locate|resolve) server among )/, 'connecting'],
  [/^(Failed to connect: |reconnect rejected, sleeping |http\S+ is not ready\b)/, 'connecting'],
]

/** What the agent believes of its connection, by the last telling line of its log. */
export function linkOf(log: string): ObservedContainer['link'] {
  for (const line of log.split(/\r?\n/).reverse()) {
    // java.util.logging puts the level before it, in the language of the image.
    const said = line.trim().replace(/^\p{L}+: /u, '')
    const found = markers.find(([pattern]) => pattern.test(said))
    if (found) return found[1]
  }
  return 'unknown'
}

/** Causes that agent.jar does print, in words for people. Undefined when the log holds none. */
export function causeInLog(log: string, agentUrl: string): string | undefined {
  const causes: readonly [RegExp, string][] = [
    [/UnknownHostException|EAI_AGAIN|ENOTFOUND/, `the container cannot resolve the host of ${agentUrl}`],
    [
      /ConnectException|Connection refused|ECONNREFUSED/,
      `nothing answers at ${agentUrl} from inside the container; if the controller runs on this machine, set controller.agentUrl to an address that containers can reach`,
    ],
    [
      /SSLHandshakeException|PKIX path|CERT_/,
      'the Java inside the image does not trust the certificate of the controller',
    ],
    [
      /UnsupportedClassVersionError/,
      'the Java inside the image is too old for the agent.jar of this controller',
    ],
    [/executable file not found|no such file or directory: .*java/, 'the image holds no Java'],
    [
      /is already connected to this controller/,
      'the controller believes that this node is already connected',
    ],
    [/OutOfMemoryError/, 'the container is too small for the agent itself'],
  ]
  return causes.find(([pattern]) => pattern.test(log))?.[1]
}

/** Why the controller let the agent in and turned it out again, by its own log of the node (jenkinsci/jenkins SlaveComputer.java). */
export function causeInNodeLog(log: string): string | undefined {
  const line = log.split(/\r?\n/).findLast((text) => /Rejecting the connection|^(ERROR|FATAL):/.test(text))
  return line && `the controller says: ${line.trim().replace(/^(ERROR|FATAL): /, '')}`
}
