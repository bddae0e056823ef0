import type { Parameter } from './definition.ts'
import type { Rule } from './rules.ts'

/** Who logs in at another machine. */
const userName: Rule = {
  name: 'user',
  expects: 'the name of a user: letters, digits, dots, dashes and underscores',
  pattern: '[A-Za-z_][A-Za-z0-9_.-]*',
  longest: 64,
  accepts: ['deploy', '_x', 'first.last'],
  refuses: ['-l', 'a b', 'a@b', '1x', '$(x)'],
}

/** A public key of a host; certificates and patterns of known_hosts are none. */
const hostKey: Rule = {
  name: 'host key',
  expects: 'a host key such as ssh-ed25519 AAAA..., as ssh-keyscan prints it without the name before it',
  pattern: '(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,2}',
  longest: 4200,
  accepts: [`ssh-ed25519 ${'A'.repeat(68)}`, `ssh-rsa ${'b/+1'.repeat(90)}==`],
  refuses: [
    'ssh-ed25519',
    'ssh-ed25519 ',
    `host ssh-ed25519 ${'A'.repeat(68)}`,
    '-x',
    `@cert-authority * ${'A'.repeat(68)}`,
  ],
}

/** How a step logs in at the machine that its parameter `host` names; `lib/ssh.sh` reads them. */
export const sshAccess = {
  port: { type: 'integer', minimum: 1, maximum: 65_535, default: 22, summary: 'Where its sshd listens' },
  user: { type: 'string', rule: userName, summary: 'Who logs in there; otherwise the user of login' },
  login: {
    type: 'credentials',
    kind: 'sshKey',
    summary: 'The key that logs in, without a passphrase; otherwise what the agent has',
  },
  hostKeys: {
    type: 'list',
    rule: hostKey,
    summary: 'The keys that the host may have; otherwise those that the agent knows',
  },
} satisfies Readonly<Record<string, Parameter>>
