import { defineStep } from '../definition.ts'
import { containerName, duration, imageReference, ipv4, type Rule } from '../rules.ts'

/** What other containers call it by: a name for DNS. */
const alias: Rule = {
  name: 'alias',
  expects: 'a host name: small letters, digits and dashes, beginning with a letter',
  pattern: '[a-z]([a-z0-9-]*[a-z0-9])?',
  longest: 32,
  accepts: ['db', 'web-1'],
  refuses: ['DB', '-db', 'db-', 'a_b', 'a.b', '1db', 'a b'],
}

/** A container, and after = what it is called on the network. */
const member: Rule = {
  name: 'member',
  expects:
    'the name of a running container, and what it is called on the network if that differs: my-db or my-db=db',
  pattern: '[A-Za-z0-9][A-Za-z0-9_.-]*(=[a-z]([a-z0-9-]*[a-z0-9])?)?',
  longest: 160,
  accepts: ['my-db', 'my_db.1=db'],
  refuses: ['-db', 'db=', 'db=DB', '=db', 'a b', 'a=b=c'],
}

/** The engine takes any network, 127.0.0.0/8 too. A first number of 0, 127 or above 223, and sizes beyond /8 to /29, are never meant. */
export const subnet: Rule = {
  name: 'subnet',
  expects: 'an IPv4 network from /8 to /29 such as 10.99.0.0/24, none of 0, 127, 169.254 or 224 and above',
  pattern:
    '([1-9]|[1-9][0-9]|1[01][0-9]|12[0-6]|12[89]|1[3-9][0-9]|2[01][0-9]|22[0-3])([.](25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}/([89]|1[0-9]|2[0-9])',
  longest: 18,
  without: ['169.254.'],
  accepts: ['10.99.0.0/24', '172.31.255.0/29', '128.0.0.0/8'],
  refuses: [
    '127.0.0.0/8',
    '0.0.0.0/0',
    '169.254.1.0/24',
    '224.0.0.0/8',
    '10.0.0.0/30',
    '10.0.0.0/7',
    '10.0.0/24',
  ],
}

const address: Rule = {
  name: 'address',
  expects: 'an IPv4 address such as 10.99.0.1',
  pattern: ipv4,
  longest: 15,
  accepts: ['10.99.0.1', '255.255.255.255'],
  refuses: ['10.99.0', '10.99.0.256', '10.99.0.1/24', '-1.2.3.4', '::1'],
}

const networkLabel: Rule = {
  name: 'network label',
  expects: 'the name of a label: letters, digits, dots, dashes, underscores and slashes',
  pattern: '[A-Za-z0-9][A-Za-z0-9_./-]*',
  longest: 128,
  accepts: ['team', 'com.example/purpose'],
  refuses: ['-x', 'a=b', 'a b'],
}

const labelValue: Rule = {
  name: 'label value',
  expects: 'one line',
  pattern: '.+',
  longest: 1024,
  accepts: ['a b', '-x', '$(x)'],
  refuses: ['', 'a\nb'],
}

/**
 * A private network for the time of a body. Facts about the engine (that it takes 127.0.0.0/8 as a subnet, that predefined
 * names are refused, that a network with endpoints cannot be removed, that a container loses its aliases when it is
 * disconnected): Docker Engine 20.10 of Debian 12, tried out.
 */
export const withNetwork = defineStep({
  name: 'withNetwork',
  summary: 'Run a command or a body beside a private Docker network, with containers on it',
  description: [
    'Creates a network that only this build knows, starts the containers that are named, and takes all of it away again, also when the build is aborted. Containers find each other by the names under which they are listed.',
    'An internal network has no way out. A bastion is a container on two networks: list it under containers, and under also with the network that leads out; everything else stays behind it.',
    'Subnets are checked against the networks of the engine and the routes of this machine before anything is made: the engine itself takes even 127.0.0.0/8. Without a subnet the engine chooses a free one.',
    'Only what carries the mark of this call is ever removed. Containers that ran before are connected and disconnected, and go on running.',
  ],
  since: '0.1.0',
  shape: 'both',
  parameters: {
    command: { type: 'command', summary: 'What to run: a text for bash, or a list of words' },
    name: {
      type: 'string',
      rule: containerName,
      summary: 'Name of the network; without it one that no other build has',
    },
    subnet: { type: 'string', rule: subnet, summary: 'Addresses of the network' },
    gateway: { type: 'string', rule: address, summary: 'Address of this machine on the network' },
    internal: { type: 'boolean', default: false, summary: 'No way out of the network, and none in' },
    mtu: {
      type: 'integer',
      minimum: 576,
      maximum: 65_535,
      unit: 'bytes',
      summary: 'Largest packet of the network',
    },
    labels: {
      type: 'map',
      keyRule: networkLabel,
      rule: labelValue,
      summary: 'Further labels of the network',
    },
    containers: {
      type: 'map',
      keyRule: alias,
      rule: imageReference,
      summary: 'Containers to start on it: what they are called, and their image',
    },
    also: {
      type: 'map',
      keyRule: alias,
      rule: containerName,
      summary: 'Of those containers, the ones that are on a second network too, and on which',
    },
    attach: {
      type: 'list',
      rule: member,
      summary: 'Containers that run already, to be connected meanwhile',
    },
    wait: {
      type: 'string',
      rule: duration,
      default: '60s',
      summary: 'How long containers with a health check may take to become healthy',
    },
  },
  constraints: [
    { kind: 'needs', parameter: 'gateway', needs: 'subnet', because: 'an address is one of a subnet' },
    {
      kind: 'needs',
      parameter: 'also',
      needs: 'containers',
      because: 'only containers of this call get a second network',
    },
  ],
  returns: {
    name: { type: 'string', summary: 'Name of the network' },
    subnet: { type: 'string', summary: 'Its addresses' },
    seconds: { type: 'integer', unit: 'seconds', summary: 'How long it was there' },
  },
  tools: [{ program: 'docker', package: 'docker.io' }],
  cleanup: [
    'Containers of this call are removed with their anonymous volumes, others are disconnected and go on running.',
    'The network is removed. Nothing without the mark of this call is touched, whatever its name.',
  ],
  troubles: [
    {
      says: 'the subnet ... overlaps with ...',
      cure: 'Choose another, or leave subnet out: the engine then takes a free one.',
    },
    {
      says: 'could not find an available, non-overlapping IPv4 address pool',
      cure: 'Networks that other builds left behind hold all pools. docker network ls shows them; docker network rm removes one.',
    },
    {
      says: 'the container ... ended with ...',
      cure: 'Its last words stand above. A container on the network has to keep running by itself.',
    },
  ],
  examples: [
    {
      title: 'A database that only the test can reach',
      declarative:
        "withNetwork(internal: true, containers: [db: 'postgres:16']) {\n    sh 'docker run --rm --network \"$NETWORK_NAME\" my-tests --database db:5432'\n}",
      scripted:
        "withNetwork(containers: [cache: 'redis:7']) {\n    docker.image('node:20').inside('--network ' + env.NETWORK_NAME) {\n        sh 'npm test'\n    }\n}",
    },
    {
      title: 'A bastion: one container leads into an internal network',
      declarative:
        "withNetwork(internal: true, containers: [vault: 'vault:1.13', gate: 'registry.example.com/bastion:1'], also: [gate: 'bridge'],\n    command: './attack.sh')",
      scripted:
        "withNetwork(internal: true, containers: [vault: 'vault:1.13', gate: 'registry.example.com/bastion:1'], also: [gate: 'bridge']) {\n    sh './attack.sh'\n}",
    },
  ],
  uses: ['subnets', 'containers'],
})
