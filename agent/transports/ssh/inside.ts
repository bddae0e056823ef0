/** Where things are inside an SSH slot's container. */
export const insideSsh = {
  folder: '/footman/ssh',
  config: '/footman/ssh/sshd_config',
  hostKey: '/footman/ssh/host_key',
  hostPublicKey: '/footman/ssh/host_key.pub',
  /** Belongs to root: who may log in is not for builds to change. */
  authorizedKeys: '/footman/ssh/authorized_keys',
  /** Above 1024, because sshd runs as the container's own user. */
  port: 2222,
} as const
