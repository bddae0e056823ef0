import { defineStep } from '../definition.ts'
import { argument, duration, imageReference, ipv4, type Rule } from '../rules.ts'

const bindAddress: Rule = {
  name: 'bind address',
  expects: 'an IPv4 address of this machine such as 127.0.0.1, or 0.0.0.0 for all',
  pattern: ipv4,
  longest: 15,
  accepts: ['127.0.0.1', '0.0.0.0', '172.17.0.1'],
  refuses: ['localhost', '::1', '127.0.0', '127.0.0.256', '-127.0.0.1', '127.0.0.1,fork'],
}

/**
 * A program that reads and writes becomes a service. Facts about socat (that words of EXEC are parted at blanks and that commas and
 * colons end an address, that max-children stops accepting, what -T counts): socat 1.7.4 of Debian 12, tried out.
 */
export const tcpService = defineStep({
  name: 'tcpService',
  summary: 'Offer a program over TCP while a command or a body runs',
  description: [
    'Every connection gets a program of its own: what the client sends is its input, what it prints goes back. SQLite behind a port, a script that plays a mail server, a tool that only knows stdin.',
    'A proxy stands in front. It alone listens, limits how many connections there are, and ends those that are silent for too long. The program itself hangs on a socket in a private folder that nobody else can reach.',
    'It listens on this machine only, unless bind says otherwise. Nothing asks for a password: whoever reaches the port can use the program.',
    'With an image the program runs in a container, one for each connection, with the workspace at its usual path.',
  ],
  since: '0.1.0',
  shape: 'both',
  parameters: {
    command: {
      type: 'command',
      summary: 'What to run beside the service: a text for bash, or a list of words',
    },
    program: {
      type: 'list',
      rule: argument,
      required: true,
      summary: 'The program and its arguments, word by word; it starts in the workspace',
    },
    image: {
      type: 'string',
      rule: imageReference,
      summary: 'Image in which the program runs; without it on the agent',
    },
    port: {
      type: 'integer',
      minimum: 1,
      maximum: 65_535,
      summary: 'Port to listen on; without it a free one',
    },
    bind: {
      type: 'string',
      rule: bindAddress,
      default: '127.0.0.1',
      summary: 'Address to listen on',
    },
    connections: {
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      default: 16,
      summary: 'Most connections at a time; further ones wait',
    },
    idle: {
      type: 'string',
      rule: duration,
      default: '10m',
      summary: 'A connection without a byte in either direction is ended after this time',
    },
  },
  returns: {
    address: { type: 'string', summary: 'Where it listened, e.g. 127.0.0.1:23456' },
    port: { type: 'integer', summary: 'The port alone' },
    connections: { type: 'integer', summary: 'How many connections there were' },
  },
  tools: [
    { program: 'socat', package: 'socat' },
    { program: 'docker', package: 'docker.io', when: 'when image is given' },
  ],
  cleanup: [
    'The proxy, the service and every program of a connection that is still open are ended, with what they started.',
    'Containers of connections are removed.',
  ],
  troubles: [
    {
      says: 'the port ... is taken',
      cure: 'Leave port out; the body finds the free one as TCP_SERVICE_PORT.',
    },
    {
      says: 'A client waits for ever',
      cure: 'All connections are taken: raise connections, or let clients close theirs. Programs that buffer their output need to be told not to, e.g. by stdbuf -oL.',
    },
  ],
  examples: [
    {
      title: 'SQLite as a server',
      declarative:
        "tcpService(program: ['sqlite3', 'test.db'], port: 12345, command: 'echo \"select count(*) from users;\" | nc -N 127.0.0.1 12345')",
      scripted:
        "tcpService(program: ['sqlite3', '-batch', 'test.db']) {\n    sh './run-tests.sh --database \"$TCP_SERVICE_HOST:$TCP_SERVICE_PORT\"'\n}",
    },
    {
      title: 'A program from an image, for containers of this machine too',
      declarative:
        "tcpService(program: ['/bin/fortune'], image: 'registry.example.com/fortune:1', bind: '172.17.0.1', command: './test.sh')",
      scripted: "tcpService(program: ['./fake-mail-server.sh'], connections: 1) {\n    sh 'npm test'\n}",
    },
  ],
  uses: ['containers', 'leftovers', 'ports'],
})
