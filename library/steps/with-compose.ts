import { defineStep } from '../definition.ts'
import { duration, environmentName, line, type Rule, workspacePath } from '../rules.ts'

/** As Compose itself demands it. */
const project: Rule = {
  name: 'project',
  expects: 'small letters, digits, dashes and underscores, beginning with a letter or digit',
  pattern: '[a-z0-9][a-z0-9_-]*',
  longest: 100,
  accepts: ['shop', '7-days_a'],
  refuses: ['Shop', '-a', '_a', 'a.b', 'a b', 'a/b'],
}

const service: Rule = {
  name: 'service',
  expects: 'the name of a service: letters, digits, dots, dashes and underscores',
  pattern: '[A-Za-z0-9][A-Za-z0-9_.-]*',
  longest: 128,
  accepts: ['db', 'web_1.x'],
  refuses: ['-db', 'a b', 'a/b', '.a'],
}

/**
 * A project of Docker Compose around a test. Facts (that version 1 has neither `--wait` nor JSON, that `--wait` of newer
 * versions takes a job that ended well for a failure, that `down` leaves one-off containers of `run`):
 * docker-compose 1.29.2 of Debian 12, tried out, and the reference of docker compose.
 */
export const withCompose = defineStep({
  name: 'withCompose',
  summary: 'Run a command, a body or a test service beside the services of Compose files',
  description: [
    'Every call has a project of its own, so builds beside each other share nothing. Services are awaited: those with a health check until they are healthy, others until they run. Jobs that end with 0 are fine.',
    'Logs and the list of containers are kept before anything is taken down, also when the build fails or is aborted. Then the project is torn down, and whatever still carries its name is removed.',
    'Compose is found by itself: the plugin docker compose, else docker-compose. The same calls serve both.',
    'A file .env of the workspace is not read unless it is named as envFile: what lies there by chance would change the services. Variables COMPOSE_... of the agent are not handed on.',
    'Containers with a fixed name and ports with a fixed number on the host would clash with the next build: such files are refused, unless parallelSafe is false.',
  ],
  since: '0.1.0',
  shape: 'both',
  instead: 'test',
  parameters: {
    command: {
      type: 'command',
      summary: 'What to run beside the services: a text for bash, or a list of words',
    },
    test: {
      type: 'string',
      rule: service,
      summary: 'The service that is the test: it is run when all others are ready, and its exit code decides',
    },
    files: {
      type: 'list',
      rule: workspacePath,
      summary:
        'Compose files, later ones over earlier ones; without them the one that Compose finds in the workspace',
    },
    services: {
      type: 'list',
      rule: service,
      summary: 'Services to start, with what they depend on; without it all',
    },
    profiles: { type: 'list', rule: service, summary: 'Profiles whose services take part' },
    env: {
      type: 'map',
      keyRule: environmentName,
      rule: line,
      summary: 'Variables for the Compose files',
    },
    envFile: { type: 'string', rule: workspacePath, summary: 'File with variables for the Compose files' },
    project: {
      type: 'string',
      rule: project,
      summary: 'Name of the project; without it one that no other build has',
    },
    build: { type: 'boolean', default: false, summary: 'Build images of services first' },
    pull: { type: 'boolean', default: false, summary: 'Look for newer images first' },
    wait: {
      type: 'string',
      rule: duration,
      default: '2m',
      summary: 'How long all services together may take to become ready',
    },
    parallelSafe: {
      type: 'boolean',
      default: true,
      summary: 'Refuse names of containers and ports of the host that only one build at a time could have',
    },
    logs: {
      type: 'string',
      rule: workspacePath,
      default: 'compose.log',
      summary: 'Archived file with the containers and their logs',
    },
    keepOnFailure: {
      type: 'boolean',
      default: false,
      summary: 'Leave the services up when it fails, for a look at them; the log says how to take them down',
    },
    downTimeout: {
      type: 'string',
      rule: duration,
      default: '10s',
      summary: 'How long containers may take to stop before they are killed',
    },
    volumes: {
      type: 'choice',
      choices: ['remove', 'keep'],
      default: 'remove',
      summary: 'What becomes of the volumes of the project',
    },
    compose: {
      type: 'choice',
      choices: ['auto', 'plugin', 'v1'],
      default: 'auto',
      summary: 'Which Compose to use',
    },
  },
  returns: {
    project: { type: 'string', summary: 'Name of the project' },
    services: { type: 'list', summary: 'Services that were started' },
    seconds: { type: 'integer', unit: 'seconds', summary: 'How long they were up' },
  },
  tools: [
    { program: 'docker', package: 'docker.io' },
    { program: 'docker-compose', package: 'docker-compose', when: 'where the engine has no plugin compose' },
  ],
  cleanup: [
    'The project is taken down with its networks, its one-off containers and, unless volumes is keep, its volumes.',
    'Whatever is left that carries the label of the project is removed, also after Compose itself was killed.',
  ],
  troubles: [
    {
      says: 'the service ... is unhealthy',
      cure: 'Its last words stand above, all of them in the archived log.',
    },
    {
      says: '... has a fixed port on the host',
      cure: "Write the port of the container alone ('80'); the body finds the one of the host as COMPOSE_PORT_WEB_80. Or say parallelSafe: false.",
    },
    {
      says: 'could not find an available, non-overlapping IPv4 address pool',
      cure: 'Networks that other builds left behind hold all pools. docker network ls shows them; docker network rm removes one.',
    },
    {
      says: 'the project ... is there already',
      cure: 'Somebody else has it up. Leave project out, or take that one down first.',
    },
  ],
  examples: [
    {
      title: 'Integration tests beside a database',
      declarative: "withCompose(files: ['compose.yaml'], command: 'npm run test:integration')",
      scripted:
        "withCompose(files: ['compose.yaml', 'compose.ci.yaml'], env: [TAG: env.BUILD_NUMBER]) {\n    sh 'curl --fail \"http://localhost:$COMPOSE_PORT_WEB_80/\"'\n}",
    },
    {
      title: 'A service that is the test',
      declarative: "withCompose(test: 'sut', build: true)",
      scripted: "def done = withCompose(test: 'sut', build: true, wait: '5m')\necho done.services.join(', ')",
    },
  ],
  uses: ['compose'],
  archives: [{ parameter: 'logs', as: 'artifacts' }],
})
