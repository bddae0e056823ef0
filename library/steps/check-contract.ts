import { defineStep } from '../definition.ts'
import {
  argument,
  containerName,
  duration,
  environmentName,
  imageReference,
  workspacePath,
} from '../rules.ts'

const contract = [
  'ports:',
  '  - 8080',
  'environment:',
  '  LOG_LEVEL: info',
  'required:',
  '  DATABASE_URL: "sqlite:///tmp/test.db"',
  'user: not-root',
  'health:',
  '  port: 8080',
  '  path: /health',
  '  within: 30s',
  'size: 200m',
  'stop: 10s',
  'secrets: none',
].join('\n')

/** Facts about docker image inspect, docker history and docker top: Docker 20.10 and 28.2, tried out. */
export const checkContract = defineStep({
  name: 'checkContract',
  summary: 'Start an image and prove that it keeps what the file beside its Dockerfile promises',
  description: [
    'An image is used by people who never saw its Dockerfile: they rely on a port, on a variable, on its ending when it is told to. A file beside the Dockerfile states these promises, and this step proves each of them: some by what the image says of itself, most by starting it. Every promise becomes a test case of the report, and promoteImage can demand that report.',
    'ports (a list such as 8080 or 53/udp): EXPOSE names it, and on TCP ports something listens that others can reach. environment (a map): the image has these defaults. required (a map from names to sample values): the image has no default for them, and without any one of them it ends with an error instead of running half. volumes (a list of paths): they are declared and mounted.',
    'user: a name, a number, or not-root, which is proved by the processes that run. entrypoint and command (lists of words): exactly these. labels (a map): with these values; "*" takes any value but an empty one. size (such as 200m): at most that. secrets: none: neither history nor variables hold what looks like a password, a token or a key.',
    'health (a map of port, path and within): a GET of the path succeeds; with a port alone connections are taken; with neither, the HEALTHCHECK of the image says healthy. stop (such as 10s): it ends by itself within that time after SIGTERM.',
    'The file is written in a small part of YAML that every reader reads alike: keys with a value, a list or a map below them, two blanks of indentation, comments. Whatever YAML would take for something else than text, such as yes or 1.10, must stand in quotes. Everything else is refused with the number of its line.',
  ],
  since: '0.1.0',
  shape: 'command',
  parameters: {
    image: {
      type: 'string',
      required: true,
      rule: imageReference,
      summary: 'The image, as the engine of the agent knows it or can pull it',
    },
    contract: {
      type: 'string',
      rule: workspacePath,
      default: 'image-contract.yaml',
      summary: 'The file with its promises',
    },
    report: {
      type: 'string',
      rule: workspacePath,
      default: 'image-contract.xml',
      summary: 'Where the report is written, as JUnit does; it is kept with the build',
    },
    env: {
      type: 'map',
      keyRule: environmentName,
      rule: argument,
      summary: 'Further variables for the start; they win over the sample values of required',
    },
    network: {
      type: 'string',
      rule: containerName,
      summary: 'The network in which it is started, e.g. one with a database',
    },
    pull: {
      type: 'boolean',
      default: false,
      summary: 'Pull it first, even if the agent has one of that name',
    },
    startTimeout: {
      type: 'string',
      rule: duration,
      default: '60s',
      summary: 'How long it may take until it listens, and is healthy where health says no other time',
    },
    refusalTimeout: {
      type: 'string',
      rule: duration,
      default: '10s',
      summary: 'How long it may take to notice that something required is missing',
    },
  },
  returns: {
    imageId: { type: 'string', summary: 'The image that was checked, by its id' },
    checked: { type: 'integer', unit: 'promises', summary: 'How many promises were checked' },
    broken: { type: 'list', summary: 'Those that it broke' },
  },
  tools: [
    { program: 'docker', package: 'docker.io' },
    { program: 'timeout', package: 'coreutils' },
  ],
  uses: ['plain-yaml'],
  archives: [{ parameter: 'report', as: 'junit' }],
  cleanup: ['The containers that were started for the check are removed with their anonymous volumes.'],
  onFailure: [
    'A broken promise fails the step, after all of them have been checked: the report names every one, and the last lines of the container stand in the log.',
    'Nothing is changed: the image stays as it is, and no other step that waits for the report goes on.',
  ],
  undo: ['There is nothing to undo, unless pull was true: then the agent has the newer image.'],
  troubles: [
    {
      says: 'nothing listens on the port, although it works with docker run -p',
      cure: 'The program listens on 127.0.0.1 inside its container, or the engine runs on another machine, whose containers the agent does not reach.',
    },
    {
      says: 'it still ran after SIGTERM',
      cure: 'Process 1 ignores SIGTERM unless it handles it. Start the program by exec and not below a shell, handle the signal, or use an init.',
    },
    {
      says: 'a variable is named like a secret, but is none',
      cure: 'Give it at the start instead of in the image. That is what required is for.',
    },
  ],
  examples: [
    {
      title: 'Before an image is promoted',
      declarative:
        "checkContract(image: 'registry.example.com/dev/app:candidate')\npromoteImage(\n    source: 'registry.example.com/dev/app:candidate',\n    allowMutable: true,\n    target: 'registry.example.com/prod/app:1.2',\n    contract: 'image-contract.xml'\n)",
      scripted:
        "def built = autobuildImage(repository: 'registry.example.com/dev/app')\ncheckContract(image: built.image)\npromoteImage(source: built.image, target: 'registry.example.com/prod/app:1.2', contract: 'image-contract.xml')",
    },
    {
      title: 'What a contract looks like',
      declarative: `writeFile(file: 'image-contract.yaml', text: '''${contract}\n''')\ncheckContract(image: 'app:candidate')`,
      scripted: `writeFile(file: 'image-contract.yaml', text: '''${contract}\n''')\ndef checked = checkContract(image: 'app:candidate')\necho checked.checked + ' promises are kept'`,
    },
  ],
})
