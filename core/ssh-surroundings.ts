import { existsSync, readFileSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { UserError } from './errors.ts'
import { knownHostKeys } from './known-hosts.ts'
import { Secret } from './secret.ts'
import type { SshOptions } from './ssh.ts'

/** A host as people name it: `ann@build:2222`. */
export interface SshPlace {
  host: string
  port: number
  /** Default: whoever runs this. */
  user: string | undefined
}

export interface SshSurroundings {
  env?: NodeJS.ProcessEnv
  home?: string
  /** In place of the ssh-agent and the usual files. */
  key?: Secret | undefined
  /** In place of known_hosts. */
  hostKey?: string | undefined
  exists?: (path: string) => boolean
  readText?: (path: string) => string
}

const keyFiles = ['id_ed25519', 'id_ecdsa', 'id_rsa']

/**
 * How to log in somewhere as the ssh command would without a configuration of its own: the ssh-agent, else a key in ~/.ssh, and the
 * host's key from known_hosts. Throws UserError when there is no key, or the host is not known.
 */
export function sshLogin(place: SshPlace, surroundings: SshSurroundings = {}): Omit<SshOptions, 'timeoutMs'> {
  const { host, port } = place
  return {
    host,
    port,
    user: place.user ?? userInfo().username,
    identity: identity(place, surroundings),
    hostKey: surroundings.hostKey ?? pins(place, surroundings),
  }
}

function identity({ host }: SshPlace, surroundings: SshSurroundings): SshOptions['identity'] {
  const { env = process.env, home = homedir(), key } = surroundings
  const { exists = existsSync, readText = readFile } = surroundings
  if (key) return { privateKey: key }
  if (env.SSH_AUTH_SOCK) return { agentSocket: env.SSH_AUTH_SOCK }
  const path = keyFiles.map((name) => join(home, '.ssh', name)).find(exists)
  if (path !== undefined) return { privateKey: new Secret(readText(path)) }
  throw new UserError(
    `there is no key to log in to ${host} with: no ssh-agent, and none of ${keyFiles.join(', ')} in ~/.ssh`,
    {
      hint: 'eval "$(ssh-agent)" && ssh-add, or name a key file with dockerSsh.key',
    },
  )
}

function pins({ host, port }: SshPlace, surroundings: SshSurroundings): string[] {
  const { home = homedir(), exists = existsSync, readText = readFile } = surroundings
  const files = [join(home, '.ssh/known_hosts'), '/etc/ssh/ssh_known_hosts'].filter(exists)
  const keys = files.flatMap((file) => knownHostKeys(readText(file), host, port).keys).filter(isUsable)
  if (keys.length > 0) return keys
  const where = port === 22 ? host : `-p ${port} ${host}`
  throw new UserError(`${host} is not in ~/.ssh/known_hosts, so its key cannot be checked`, {
    hint: `log in once by hand and compare the fingerprint (ssh ${where}), or pin it with dockerSsh.hostKey`,
  })
}

/** Kinds of keys that ssh2 and we know; OpenSSH has some more, for keys in hardware. */
function isUsable(key: string): boolean {
  return /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) /.test(key)
}

function readFile(path: string): string {
  return readFileSync(path, 'utf8')
}
