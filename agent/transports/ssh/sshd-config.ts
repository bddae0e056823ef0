import { UserError } from '../../../core/errors.ts'
import { insideSsh } from './inside.ts'

export interface SshdConfigOptions {
  user: string
  listen: { address: string; port: number }
  /** Of the image and the template; sshd would not pass them on by itself. */
  env: Readonly<Record<string, string>>
}

/**
 * The configuration of a slot's sshd (sshd_config(5), OpenSSH 7.8 and newer): one user, one key, no way through to anywhere else. It
 * runs as that user, so it needs no root and no capabilities. Throws UserError for a variable that cannot be passed on.
 */
export function sshdConfig({ user, listen, env }: SshdConfigOptions): string {
  return [
    `Port ${listen.port}`,
    `ListenAddress ${listen.address}`,
    `HostKey ${insideSsh.hostKey}`,
    `AuthorizedKeysFile ${insideSsh.authorizedKeys}`,
    `AllowUsers ${user}`,
    'AuthenticationMethods publickey',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'PermitUserEnvironment no',
    'DisableForwarding yes',
    'X11Forwarding no',
    'PidFile none',
    'PrintMotd no',
    'LoginGraceTime 20',
    'MaxAuthTries 3',
    // A controller that went away without a word is let go after two minutes.
    'ClientAliveInterval 30',
    'ClientAliveCountMax 4',
    'Subsystem sftp internal-sftp',
    ...setEnv(env),
    '',
  ].join('\n')
}

/** All on one line, because sshd heeds the first of its kind only. */
function setEnv(env: Readonly<Record<string, string>>): string[] {
  const words = Object.entries(env).map(([name, value]) => {
    if (/[\r\n\0]/.test(value)) {
      throw new UserError(`the variable ${name} holds a line break, which cannot pass through SSH`, {
        hint: 'take it out of templates[].env, or use transport: websocket',
      })
    }
    return `"${`${name}=${value}`.replace(/["\\]/g, '\\$&')}"`
  })
  return words.length === 0 ? [] : [`SetEnv ${words.join(' ')}`]
}
