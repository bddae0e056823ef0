import { defineStep } from '../definition.ts'
import { etcdTool } from '../etcd-access.ts'
import { containerName, duration, imageReference, type Rule } from '../rules.ts'

/** It names containers, volumes and hosts in their network. */
const clusterName: Rule = {
  name: 'cluster name',
  expects: 'small letters, digits and dashes, beginning with a letter',
  pattern: '[a-z][a-z0-9-]*',
  longest: 50,
  accepts: ['config', 'team-config2'],
  refuses: ['Config', '2x', '-x', 'a b', 'a_b', 'a.b'],
}

/** Facts about etcd 3.4 as Debian 12 has it, tried out; etcd.io/docs/v3.4/op-guide/clustering and /maintenance. */
export const etcdCluster = defineStep({
  name: 'etcdCluster',
  summary: 'Run a command or a body beside a cluster of etcd, whose members may be killed and restarted',
  description: [
    'Starts the members of an etcd cluster on this machine, as processes or as containers, waits until they agree, and runs a command or a body with ETCDCTL_ENDPOINTS set. Three members go on when one dies; that is what one machine can show, and what configuration that lives outside of images has to be tried against.',
    'In the body the program etcd-cluster stops, kills and starts single members and says whether the rest can still write: etcd-cluster status, kill member-2, start member-2, restart member-1. It restarts none without whom the quorum would be lost. A cluster without its quorum still answers some questions, from old data, and takes nothing.',
    'With keep it makes a cluster of containers that stays, with its data in volumes. The same call again finds it, starts whatever does not run and says how it is. All of it on one machine, it is as safe as that machine.',
    'Each cluster has a token of its own, so that no member ever joins another one by mistake.',
  ],
  since: '0.1.0',
  shape: 'both',
  parameters: {
    command: { type: 'command', summary: 'What to run: a text for bash, or a list of words' },
    size: {
      type: 'choice',
      choices: ['1', '3', '5', '7'],
      default: '3',
      summary: 'How many members; an even number would survive no more failures than one less',
    },
    image: {
      type: 'string',
      rule: imageReference,
      organisation: 'images.etcd',
      summary:
        'Run the members from this image, which has etcd on its PATH, instead of the etcd of the machine',
    },
    network: {
      type: 'string',
      rule: containerName,
      summary:
        'The Docker network in which the members are, open to whoever is in it too; otherwise one of their own',
    },
    name: {
      type: 'string',
      rule: clusterName,
      summary: 'What containers, volumes and network are called; otherwise after the call',
    },
    keep: {
      type: 'boolean',
      default: false,
      summary: 'Leave the members running and their data in volumes',
    },
    firstPort: {
      type: 'integer',
      minimum: 1024,
      maximum: 65_500,
      summary:
        'Where processes listen on loopback, two ports for each of them from here on; otherwise free ones',
    },
    quotaMb: {
      type: 'integer',
      unit: 'MiB',
      minimum: 16,
      maximum: 8192,
      default: 2048,
      summary: 'How large the database of a member may become before it takes nothing more',
    },
    healthTimeout: {
      type: 'string',
      rule: duration,
      default: '1m',
      summary: 'How long the members may take until all answer; a majority of them is enough then',
    },
  },
  constraints: [
    {
      kind: 'needs',
      parameter: 'keep',
      equals: true,
      needs: 'image',
      because: 'processes of a build end with it',
    },
    {
      kind: 'needs',
      parameter: 'keep',
      equals: true,
      needs: 'name',
      because: 'the next call has to find it',
    },
    { kind: 'needs', parameter: 'name', needs: 'image', because: 'only containers have names' },
    { kind: 'needs', parameter: 'network', needs: 'image', because: 'only containers are in one' },
  ],
  returns: {
    endpoints: { type: 'list', summary: 'The members, as this machine reaches them' },
    members: { type: 'list', summary: 'Their names, as etcd-cluster takes them' },
    token: { type: 'string', summary: 'The token of the cluster' },
    healthy: { type: 'integer', unit: 'members', summary: 'How many answered in the end' },
    quorum: { type: 'boolean', summary: 'Whether they could still write in the end' },
  },
  tools: [
    etcdTool,
    { program: 'etcd', package: 'etcd-server', when: 'unless image is given' },
    { program: 'setsid', package: 'util-linux', when: 'unless image is given' },
    { program: 'docker', package: 'docker.io', when: 'when image is given' },
  ],
  files: ['etcdCluster/etcd-cluster.sh'],
  uses: ['leftovers'],
  cleanup: [
    'All members are ended, those that the body started again included, and their data, volumes and network are removed; unless keep is true.',
  ],
  onFailure: [
    'When the members do not agree in time, what each of them said last is printed, and all are removed.',
    'With keep they stay as they are, so that somebody may look; the same call tries again.',
  ],
  undo: [
    'A cluster that was kept: docker rm --force --volumes NAME-1 NAME-2 NAME-3, docker volume rm the same, docker network rm NAME.',
  ],
  troubles: [
    {
      says: 'etcdctl endpoint health ends with 1 although everything can be written',
      cure: 'It does as soon as one member is down. etcd-cluster status counts, and ends with 3 only when the quorum is lost.',
    },
    {
      says: 'the data of a member are gone, those of others are not',
      cure: 'A member without data is a stranger to the others. Take it out by etcdctl member remove, add it again by member add, and start it with initial-cluster-state existing.',
    },
    {
      says: 'conflicting environment variable ETCDCTL_ENDPOINTS is shadowed',
      cure: 'etcdctl refuses a flag beside the variable that the body has. Write ETCDCTL_ENDPOINTS=... etcdctl get instead of --endpoints.',
    },
    {
      says: 'mvcc: database space exceeded',
      cure: 'The database reached quotaMb. Old revisions are dropped after an hour; etcdctl defrag and alarm disarm make it writable again.',
    },
  ],
  examples: [
    {
      title: 'What the app does when a member dies',
      declarative:
        "etcdCluster {\n    sh './start-app.sh && etcd-cluster kill member-1 && ./check-app.sh'\n}",
      scripted:
        "def cluster = etcdCluster(size: 5) {\n    sh './start-app.sh && etcd-cluster kill member-1 && ./check-app.sh'\n}\necho cluster.healthy + ' of 5 were left'",
    },
    {
      title: 'A cluster that stays',
      declarative:
        "etcdCluster(name: 'config', keep: true, image: 'registry.example.com/etcd:3.5.21', command: 'etcd-cluster status')",
      scripted:
        "etcdCluster(name: 'config', keep: true, image: 'registry.example.com/etcd:3.5.21') {\n    sh 'etcdctl put /app/ready yes'\n}",
    },
  ],
})
