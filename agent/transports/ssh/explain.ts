/** Why the controller's login did not lead to an agent, by its own log of the node, in words for people; undefined when it says nothing. */
export function causeOfSshFailure(nodeLog: string): string | undefined {
  return causes.find(([pattern]) => pattern.test(nodeLog))?.[1] ?? lastError(nodeLog)
}

/** In the words of jenkinsci/ssh-agents-plugin Messages.properties and of the SSH clients below it. */
const causes: readonly [RegExp, string][] = [
  [
    /does not match the key required in the connection configuration|Server host key verification failed/i,
    'the controller refuses the host: it shows another key than the one made for this slot, so something else answers at its address; set ssh.host and ssh.port so that they lead to this machine',
  ],
  [
    /selected credentials cannot be found|No credentials found/i,
    'the controller does not find the key of this slot in its credential store; see whether something deletes credentials there',
  ],
  [
    /Authentication failed/i,
    'the container does not take the key of the controller; see whether somebody changed the credential of this slot in Jenkins',
  ],
  [
    /Connection refused|ECONNREFUSED/i,
    'the controller finds nobody at the address of this slot; set ssh.host to an address at which it reaches this machine',
  ],
  [
    /timed? ?out|No route to host|Network is unreachable|EHOSTUNREACH|does not answer/i,
    'the controller cannot reach this machine; set ssh.host to an address at which it can, let the ports of ssh.port through the firewall, or use transport: websocket',
  ],
  [
    /UnsupportedClassVersionError/,
    'the Java inside the image is too old for this controller; name a newer image in templates[].image',
  ],
]

function lastError(nodeLog: string): string | undefined {
  const line = nodeLog
    .split(/\r?\n/)
    .findLast((text) => /^(ERROR|FATAL):|Rejecting the connection/.test(text))
  return line && `the controller says: ${line.trim().replace(/^(ERROR|FATAL): /, '')}`
}
