/** Where things are inside an agent's container. */
export const inside = {
  folder: '/footman',
  /** Mounted read-only from the cache of this machine. */
  agentJar: '/footman/agent.jar',
  /** Readable by the container's own user alone. */
  secretFolder: '/footman/secret',
  secretName: 'agent',
  /** The volume with everybody's downloaded classes, one folder for each user id. */
  jarCache: '/footman/jar-cache',
  /** A link to the folder of the container's own user in it. */
  jars: '/footman/jars',
  /** What the agent is told: a folder proper, since early updates of Java 17 stumble over a link (JDK-8294193). */
  jarFolder: '/footman/jars/by-checksum',
  engineSocket: '/var/run/docker.sock',
} as const
