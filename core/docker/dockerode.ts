import { createRequire } from 'node:module'
import type Dockerode from 'dockerode'
import { leaveOut } from '../leave-out.ts'

export type { Dockerode }

/**
 * dockerode without what it loads right away although footman never uses it: gRPC and protobuf for the sessions of `docker build`,
 * and an SSH client for engines elsewhere, which over-ssh.ts reaches with ours. They would cost a daemon that idles 9 to 24 MB.
 */
export function loadDockerode(): typeof Dockerode {
  leaveOut([
    { module: './session', by: ['dockerode'] },
    { module: './ssh', by: ['dockerode', 'docker-modem'] },
  ])
  return createRequire(import.meta.url)('dockerode')
}
