import type { ImageTemplate } from './definition.ts'

const common = {
  BASE: 'The image to build on',
  DOCKER_CLIENT: 'An image with /usr/local/bin/docker',
  DOCKER_GID: 'The number of the group to which the Docker socket of the host belongs',
}

/** Every image that footman has files for, in the order of their names. */
export const images: readonly ImageTemplate[] = [
  {
    name: 'jenkinsImage',
    summary: 'A Jenkins controller with its plugins and a Docker client',
    description: [
      'Has the plugins that the steps of the library and the agents of footman need, in a list that you extend. The user jenkins is in the group of the Docker socket of the host, so that the controller can use the engine once the socket is mounted. A health check tells when it is up.',
    ],
    base: 'jenkins/jenkins:lts-jdk21',
    arguments: common,
    files: ['Dockerfile', 'plugins.txt'],
  },
  {
    name: 'sshAgentImage',
    summary: 'A build agent that the controller starts over ssh, with host keys that stay',
    description: [
      'The controller can check whom it talks to, because host keys are kept on a volume. Has a Docker client and the group of the Docker socket of the host.',
    ],
    base: 'jenkins/ssh-agent:debian-jdk21',
    arguments: common,
    files: ['Dockerfile', 'keep-host-keys'],
  },
  {
    name: 'swarmAgentImage',
    summary: 'A build agent that registers itself through the plugin swarm',
    description: [
      'Takes the client from the controller and its token from a file. Labels may be several, name and mode are set by variables. Has a Docker client and the group of the Docker socket of the host.',
    ],
    base: 'jenkins/agent:jdk21',
    arguments: common,
    files: ['Dockerfile', 'join-swarm'],
  },
]

/** The plugins of the controller image; the reason stands in the list. */
export const plugins: readonly { readonly id: string; readonly because: string }[] = [
  { id: 'configuration-as-code', because: 'attaches the library without clicks' },
  { id: 'credentials-binding', because: 'hands credentials to steps' },
  { id: 'docker-workflow', because: 'runs builds inside containers' },
  { id: 'git', because: 'fetches the library' },
  { id: 'junit', because: 'shows the results of tests' },
  { id: 'pipeline-groovy-lib', because: 'loads the library' },
  { id: 'ssh-slaves', because: 'starts agents over ssh' },
  { id: 'swarm', because: 'lets agents register themselves' },
  { id: 'timestamper', because: 'says when each line was printed' },
  { id: 'workflow-aggregator', because: 'is Pipeline itself' },
]
