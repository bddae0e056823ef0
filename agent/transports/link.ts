import type { ObservedContainer } from '../world.ts'

/** Lines of agent.jar's log that tell its state; jenkinsci/remoting Engine.java and Launcher.java. */
const markers: readonly [RegExp, ObservedContainer['link']][] = [
  [/^(INFO: )?Connected$/, 'connected'],
  [
    /Terminated|Performing onReconnect|Failed to connect|side closed|reconnect rejected|is not ready/,
    'connecting',
  ],
  [/Setting up agent:|Locating server among|Handshaking/, 'connecting'],
]

/** What the agent believes of its connection, by the last telling line of its log. */
export function linkOf(log: string): ObservedContainer['link'] {
  for (const line of log.split(/\r?\n/).reverse()) {
    const found = markers.find(([pattern]) => pattern.test(line.trim()))
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
