import { defineStep } from '../definition.ts'
import { duration, environmentName, httpUrl, imageTag, line, type Rule, workspacePath } from '../rules.ts'

const repositoryName: Rule = {
  name: 'repository',
  expects: 'a repository such as team/app or registry.example.com:5000/team/app, without a tag',
  pattern:
    '([A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?/)?[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*',
  longest: 255,
  accepts: ['app', 'team/app', 'registry.example.com:5000/team/app', '127.0.0.1:5000/app'],
  refuses: ['app:1', 'Team', 'https://x/app', '-x', 'a b', 'app@sha256:0', '/app', 'app/'],
}

const registryHost: Rule = {
  name: 'registry',
  expects: 'a registry such as registry.example.com:5000',
  pattern: '[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?',
  longest: 255,
  accepts: ['registry.example.com:5000', 'localhost:5000', 'ghcr.io'],
  refuses: ['https://ghcr.io', 'ghcr.io/team', '-x', 'a b'],
}

/** What kind of push it is for, which names it takes, and the tag that follows. */
const tagRule: Rule = {
  name: 'tag rule',
  expects: "a rule such as branch:main=latest, tag:v*={*} or commit:*={commit}: kind, pattern, '=', tag",
  pattern: '(branch|tag|commit):[^= ]+=[A-Za-z0-9_{][A-Za-z0-9_.{}*-]*',
  longest: 300,
  accepts: ['branch:main=latest', 'tag:v*={*}', 'commit:*=git-{commit}', 'branch:feature/*=dev-{*}'],
  refuses: ['main=latest', 'branch:main', 'branch:=x', 'branch:main=-x', 'branch:a b=x', 'tag:v*=$(date)'],
}

const buildTarget: Rule = {
  ...imageTag,
  name: 'build stage',
  expects: 'the name of a stage of the Dockerfile',
}

/** Facts about the classic builder, docker push and the client's credential files: Docker 20.10 and 28.2, tried out. */
export const autobuildImage = defineStep({
  name: 'autobuildImage',
  summary: 'Build an image from what was pushed, test it, tag it by rule, push it and call back',
  description: [
    'What hosted services do with a repository on each push, in a Pipeline of your own: build the Dockerfile, run the tests of the image, give it tags that follow from branch, tag and commit, push them, and tell a webhook.',
    'A test that fails pushes nothing. There are three kinds of tests, and all that are named are run: a stage of the Dockerfile, a script inside the image that was built, and the service sut of a Compose file, which hosted builders know too.',
    'Every rule that fits gives a tag; where it stands for a branch, whatever a tag may not hold becomes a dash. Tags that stay with one commit are pushed first and the others last, so that latest never names what is not there. A pull request is built and tested but never pushed.',
    'Run it in a job that is started by a push, e.g. of a multibranch Pipeline, whose variables BRANCH_NAME, TAG_NAME and GIT_COMMIT it reads; otherwise it asks git.',
  ],
  since: '0.1.0',
  shape: 'command',
  parameters: {
    repository: {
      type: 'string',
      required: true,
      rule: repositoryName,
      summary: 'Where the image goes, without a tag',
    },
    registry: {
      type: 'string',
      rule: registryHost,
      organisation: 'registry',
      summary: 'Put before a repository that names none',
    },
    registryLogin: {
      type: 'credentials',
      kind: 'usernamePassword',
      summary: 'For pulling base images and for pushing; otherwise what the agent itself may do',
    },
    context: { type: 'string', rule: workspacePath, default: '.', summary: 'The folder that is built' },
    dockerfile: {
      type: 'string',
      rule: workspacePath,
      summary: 'The Dockerfile; otherwise the one of the context',
    },
    target: { type: 'string', rule: buildTarget, summary: 'The stage of the Dockerfile that is pushed' },
    buildArgs: {
      type: 'map',
      keyRule: environmentName,
      rule: line,
      summary: 'Arguments of the build. They stay readable in the image, so no secrets',
    },
    pull: { type: 'boolean', default: true, summary: 'Look for newer base images first' },
    testTarget: {
      type: 'string',
      rule: buildTarget,
      summary: 'A stage of the Dockerfile whose commands are tests',
    },
    test: {
      type: 'text',
      summary: 'A script that is run by sh -e in a container of the image',
    },
    testCompose: {
      type: 'string',
      rule: workspacePath,
      summary:
        'A Compose file whose service sut is the test, e.g. docker-compose.test.yml; the variable IMAGE_NAME names the image',
    },
    rules: {
      type: 'list',
      rule: tagRule,
      default: [
        'branch:main=latest',
        'branch:master=latest',
        'branch:*={branch}',
        'tag:v*={*}',
        'commit:*={commit}',
      ],
      summary:
        'Which tags it gets: kind, pattern, =, tag. In the tag {branch}, {tag}, {commit} (12 digits), {number} of the build, and {*} for what the first star took',
    },
    push: { type: 'boolean', default: true, summary: 'Push it; false stops after the tests' },
    keep: { type: 'boolean', default: false, summary: 'Leave the image with its tags on the agent' },
    webhook: {
      type: 'string',
      rule: httpUrl,
      secret: true,
      summary: 'Gets a POST with repository, tags, digest and commit as JSON, or with the stage that failed',
    },
    webhookToken: {
      type: 'credentials',
      kind: 'secretText',
      summary: 'Sent to the webhook as a bearer token',
    },
    webhookTimeout: {
      type: 'string',
      rule: duration,
      default: '30s',
      summary: 'How long the webhook may take, repetitions included',
    },
    webhookRequired: {
      type: 'boolean',
      default: false,
      summary: 'Fail when the webhook cannot be reached; the image is pushed by then',
    },
    buildTimeout: { type: 'string', rule: duration, default: '1h', summary: 'How long the build may take' },
    testTimeout: { type: 'string', rule: duration, default: '15m', summary: 'How long each test may take' },
    pushTimeout: { type: 'string', rule: duration, default: '15m', summary: 'How long each push may take' },
  },
  returns: {
    image: { type: 'string', summary: 'The image by its digest, repository@sha256:..., when it was pushed' },
    digest: { type: 'string', summary: 'Its digest, as the registry confirmed it' },
    tags: { type: 'list', summary: 'The tags that it got' },
    commit: { type: 'string', summary: 'The commit that was built' },
    pushed: { type: 'boolean', summary: 'Whether it was pushed' },
    notified: { type: 'boolean', summary: 'Whether the webhook answered' },
    seconds: { type: 'integer', unit: 'seconds', summary: 'How long it all took' },
  },
  tools: [
    { program: 'docker', package: 'docker.io' },
    { program: 'timeout', package: 'coreutils' },
    { program: 'git', package: 'git', when: 'when the environment names no commit' },
    { program: 'curl', package: 'curl', when: 'when webhook is given' },
    {
      program: 'docker-compose',
      package: 'docker-compose',
      when: 'when testCompose is given and docker has no compose',
    },
  ],
  cleanup: [
    'Containers of the tests, and what Compose made for them, are removed, also when the build is aborted.',
    'The tags are taken off the image on the agent unless keep is true; layers stay for the next build.',
    'The credentials of the registry stand in the private folder of the call only.',
  ],
  troubles: [
    {
      says: 'no rule gives it a tag',
      cure: 'Neither branch nor tag fits any of rules. A job that is no multibranch Pipeline may be on no branch at all: commit:*={commit} always fits.',
    },
    {
      says: 'the registry does not take the login',
      cure: 'It is tried before the build. The credential has another name or password than the registry, or the registry is not the one that repository names.',
    },
    {
      says: 'unauthorized or denied at a base image that could be pulled before',
      cure: 'With registryLogin the agent knows that login only. Leave it out and log the agent in, or have the base image in the same registry.',
    },
    {
      says: 'docker: unknown flag, or the build differs from that of the developers',
      cure: 'Say which builder is meant by DOCKER_BUILDKIT in the environment; the step takes the one that the agent takes.',
    },
  ],
  examples: [
    {
      title: 'On each push',
      declarative:
        "autobuildImage(repository: 'registry.example.com/team/app', registryLogin: 'registry-push')",
      scripted:
        "checkout scm\ndef built = autobuildImage(repository: 'registry.example.com/team/app', registryLogin: 'registry-push')\necho built.image",
    },
    {
      title: 'With tests and a callback',
      declarative:
        "autobuildImage(\n    repository: 'registry.example.com/team/app',\n    test: 'app --version',\n    rules: ['branch:main=latest', 'branch:release/*=rc-{*}', 'tag:v*={*}'],\n    webhook: 'https://deploy.example.com/hooks/app'\n)",
      scripted:
        "checkout scm\nautobuildImage(repository: 'team/app', registry: 'registry.example.com', testTarget: 'test', testCompose: 'docker-compose.test.yml')",
    },
  ],
  uses: ['compose'],
})
