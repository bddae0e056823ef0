import type { JsonObject } from '../../core/container-host.ts'

/** How an admin may have made a controller's container. `%` stands for a name of the run, `$` for the start of a subnet. */
export interface InspectCase {
  /** Options of `docker create`. */
  options: string[]
  /** Instead of options, as for `POST /containers/create`: what the command line does not know for every engine. */
  body?: JsonObject
  /** After the image. */
  command?: string[]
  /** Without the volume that a controller's image declares. */
  image?: 'bare'
  /** `docker network connect` options for further networks, the network last. */
  connect?: string[][]
  /** Recorded while it runs; default true. */
  isRunning?: boolean
}

/** Networks that the cases use, with options of `docker network create`. */
export const caseNetworks: Record<string, string[]> = {
  '%-front': ['--subnet', '$.0.0/24'],
  '%-back': ['--subnet', '$.1.0/24'],
}

/** Containers that the cases lean on, with options of `docker run`. */
export const caseNeighbours: Record<string, string[]> = {
  '%-other': ['--ipc', 'shareable', '-v', '/shared', '-v', '%-books:/books:ro'],
}

const home = ['-v', '%-home:/var/jenkins_home']

export const inspectCases: Record<string, InspectCase> = {
  usual: {
    options: [...home, '-p', '8080:8080', '-p', '127.0.0.1:0:50000', '--restart', 'unless-stopped'],
  },
  'anonymous-home': { options: ['-P'] },
  'stopped-with-chosen-ports': { options: [...home, '-p', '8080', '-p', '50000'], isRunning: false },
  'layer-home': { options: ['-e', 'JENKINS_HOME=/srv/jenkins'], image: 'bare' },
  'tmpfs-home': { options: ['--tmpfs', '/srv/jenkins', '-e', 'JENKINS_HOME=/srv/jenkins'], image: 'bare' },
  'parent-home': {
    options: ['-v', '/tmp/%-srv:/srv', '-e', 'JENKINS_HOME=/srv/jenkins/'],
    image: 'bare',
  },
  'mounts-in-home': {
    options: [
      ...['--mount', 'type=bind,source=/tmp,target=/var/jenkins_home/workspace'],
      ...['--mount', 'type=volume,target=/cache', '-v', '/scratch'],
      ...['--mount', 'type=volume,source=%-home,target=/var/jenkins_home,volume-nocopy'],
      ...['--mount', 'type=tmpfs,target=/fast,tmpfs-size=1048576,tmpfs-mode=1770'],
    ],
  },
  'own-settings': {
    options: [
      ...[
        ...home,
        '--user',
        '1001:50',
        '--workdir',
        '/srv',
        '--hostname',
        'butler',
        '--domainname',
        'example',
      ],
      ...['-e', 'JAVA_OPTS=-Xmx1g -Dsay="hello"', '-e', 'LANG=de_DE.UTF-8', '-e', 'EMPTY='],
      ...['--label', 'team=ci', '--label', 'maintainer=us', '--label', 'footman.role=controller'],
      ...['--health-cmd', 'true', '--health-interval', '7s', '--health-retries', '9'],
      ...['--stop-signal', 'SIGINT', '--stop-timeout', '99', '--entrypoint', 'sh', '-it', '--expose', '9999'],
    ],
    command: ['-c', "sleep 3600; echo 'done'"],
  },
  'image-settings': {
    options: [...home, '-e', 'LANG=C.UTF-8', '--health-interval', '7s'],
    command: ['--argumentsRealm.roles.jenkins=admin'],
  },
  limits: {
    options: [
      ...[
        ...home,
        '--memory',
        '256m',
        '--memory-reservation',
        '128m',
        '--memory-swap',
        '512m',
        '--cpus',
        '0.5',
      ],
      ...['--cpu-shares', '512', '--cpuset-cpus', '0', '--pids-limit', '300', '--blkio-weight', '300'],
      ...[
        '--ulimit',
        'nofile=1024:2048',
        '--shm-size',
        '32m',
        '--oom-score-adj',
        '100',
        '--memory-swappiness',
        '10',
      ],
      ...['--device', '/dev/null:/dev/nothing:r', '--device-cgroup-rule', 'c 1:3 r'],
    ],
  },
  hardened: {
    options: [
      ...[
        ...home,
        '--read-only',
        '--tmpfs',
        '/tmp:size=1m,mode=1777',
        '--cap-drop',
        'ALL',
        '--cap-add',
        'CHOWN',
      ],
      ...['--security-opt', 'no-new-privileges', '--group-add', '998', '--init', '--userns', 'host'],
      ...['--log-driver', 'json-file', '--log-opt', 'max-size=5m', '--log-opt', 'max-file=2'],
      ...['--sysctl', 'net.ipv4.ip_unprivileged_port_start=0', '--add-host', 'git:10.0.0.7'],
      ...['--dns', '10.0.0.1', '--dns-search', 'example', '--dns-option', 'ndots:1'],
    ],
  },
  privileged: { options: [...home, '--privileged', '--cgroupns', 'host', '--uts', 'host'] },
  unconfined: { options: [...home, '--security-opt', 'systempaths=unconfined'] },
  'own-network': {
    options: [
      ...[...home, '--network', '%-front', '--ip', '$.0.77', '--network-alias', 'butler'],
      ...['-p', '8080:8080', '--link', '%-other:db'],
    ],
    connect: [['--alias', 'jenkins', '--ip', '$.1.78', '%-back'], ['bridge']],
  },
  'bridge-links': { options: [...home, '--link', '%-other:db'] },
  'own-mac': {
    options: [],
    body: {
      MacAddress: '02:42:ac:11:00:98',
      HostConfig: { NetworkMode: '%-front', Binds: ['%-home:/var/jenkins_home'], KernelMemory: 0 },
    },
  },
  'host-network': { options: [...home, '--network', 'host'] },
  'no-network': { options: [...home, '--network', 'none'] },
  'shared-namespaces': {
    options: [
      ...[
        ...home,
        '--network',
        'container:%-other',
        '--ipc',
        'container:%-other',
        '--pid',
        'container:%-other',
      ],
      ...['--volumes-from', '%-other:ro'],
    ],
  },
  'removes-itself': { options: [...home, '--rm'] },
  composed: {
    options: [
      ...[
        ...home,
        '--label',
        'com.docker.compose.project=ci',
        '--label',
        'com.docker.compose.service=jenkins',
      ],
      ...['--label', 'com.docker.compose.project.config_files=/srv/ci/compose.yaml'],
    ],
  },
}
