import { defineStep } from '../definition.ts'
import { etcdAccess, etcdConstraints, etcdKey, etcdTool } from '../etcd-access.ts'
import { environmentName, imageReference } from '../rules.ts'

/** Facts about etcdctl 3.4 and docker run 20.10 as Debian 12 has them, tried out. */
export const withEtcdConfig = defineStep({
  name: 'withEtcdConfig',
  summary: 'Run a command, a container or a body with configuration from etcd, as variables or as a file',
  description: [
    'Reads everything below a key, all of it at one revision, and gives it to a command, to a command in a container, or to a body. The image stays the same from test to production; what differs comes from etcd.',
    'As variables: /shop/database/host below the prefix /shop becomes DATABASE_HOST. As a file: ETCD_CONFIG_FILE names it, as JSON with the keys as they are, or as lines NAME=value. Values are never on a command line and never in the log, and with image not in what docker inspect shows.',
    'In a body, docker run $ETCD_CONFIG_ARGS IMAGE hands the variables on by their names; docker inspect shows such values. A file is handed on by --volume "$ETCD_CONFIG_FILE:/run/config:ro", and is the better way for secrets.',
    'Names by which programs are made to run something else, such as PATH and LD_PRELOAD, are refused: whoever may write configuration may not thereby run code here.',
  ],
  since: '0.1.0',
  shape: 'both',
  parameters: {
    command: { type: 'command', summary: 'What to run: a text for bash, or a list of words' },
    prefix: { type: 'string', required: true, rule: etcdKey, summary: 'The key below which all is read' },
    inject: {
      type: 'choice',
      choices: ['env', 'file'],
      default: 'env',
      summary: 'As variables, or as a file that ETCD_CONFIG_FILE names',
    },
    format: {
      type: 'choice',
      choices: ['json', 'env'],
      default: 'json',
      summary: 'Of the file: a JSON object, or lines NAME=value as docker run --env-file reads them',
    },
    namePrefix: {
      type: 'string',
      rule: environmentName,
      summary: 'Put before the name of every variable, e.g. APP_',
    },
    image: {
      type: 'string',
      rule: imageReference,
      summary: 'With a command: run it by sh in a container of this image, with the workspace mounted',
    },
    require: { type: 'boolean', default: true, summary: 'Fail when there is nothing below the prefix' },
    ...etcdAccess,
  },
  constraints: [
    {
      kind: 'needs',
      parameter: 'image',
      needs: 'command',
      because: 'a body runs where it is, and hands on what it got by ETCD_CONFIG_ARGS',
    },
    ...etcdConstraints,
  ],
  returns: {
    names: { type: 'list', summary: 'The names of the settings that it got' },
    revision: { type: 'integer', summary: 'The revision of etcd at which all of them were read' },
  },
  tools: [etcdTool, { program: 'docker', package: 'docker.io', when: 'when image is given' }],
  uses: ['etcd', 'json'],
  cleanup: [
    'The container is removed, also when the build is aborted; the file disappears with the private folder.',
  ],
  troubles: [
    {
      says: 'etcd has nothing below',
      cure: 'The prefix is another one, or nothing was written yet. etcdctl itself would end well and print nothing.',
    },
    {
      says: 'has a dollar sign, which Jenkins would replace',
      cure: 'Variables of a body go through Jenkins. Say inject: file, or command instead of a body: neither minds.',
    },
    {
      says: 'would both become',
      cure: 'Keys that differ in capitals, dots or dashes only are the same variable. As JSON they keep their names.',
    },
  ],
  examples: [
    {
      title: 'A command in a container',
      declarative:
        "withEtcdConfig(prefix: '/shop/test', image: 'registry.example.com/shop:41', command: './run-tests')",
      scripted:
        "def given = withEtcdConfig(prefix: '/shop/test', command: './run-tests')\necho 'as of revision ' + given.revision",
    },
    {
      title: 'A body',
      declarative:
        "withEtcdConfig(prefix: '/shop/test') {\n    sh 'docker run --rm $ETCD_CONFIG_ARGS registry.example.com/shop:41'\n}",
      scripted:
        "withEtcdConfig(prefix: '/shop/test', inject: 'file') {\n    sh 'docker run --rm --volume \"$ETCD_CONFIG_FILE:/run/config.json:ro\" registry.example.com/shop:41'\n}",
    },
  ],
})
