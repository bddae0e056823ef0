import type { Constraint } from '../definition.ts'
import { defineStep } from '../definition.ts'
import { etcdAccess, etcdConstraints, etcdKey, etcdTool } from '../etcd-access.ts'
import { duration } from '../rules.ts'

const needsKey = (action: string): Constraint => ({
  kind: 'needs',
  parameter: 'action',
  equals: action,
  needs: 'key',
  because: 'it is about a key',
})

/** Facts about etcdctl 3.4 as Debian 12 has it, tried out; etcd.io/docs/v3.4/dev-guide/interacting_v3. */
export const etcdConfig = defineStep({
  name: 'etcdConfig',
  summary: 'Read, write, compare-and-swap or watch configuration in etcd, or ask how the cluster is',
  description: [
    'One key, or all keys below one. Values may be any text; they travel by standard input, never on a command line.',
    'cas writes only when the key still has the value, or the revision, that you saw: two builds that change the same key do not overwrite each other. etcdctl itself ends well when the comparison fails; this step does not.',
    'watch waits until a key changes or gets a certain value. Say sinceRevision, with the revision of an earlier answer, and no change in between is missed.',
    'health counts: etcd works as long as a majority of its members does, though one of them may be down. Without a majority the step says that the quorum is lost, here and wherever it cannot write.',
  ],
  since: '0.1.0',
  shape: 'command',
  parameters: {
    action: {
      type: 'choice',
      choices: ['get', 'put', 'delete', 'cas', 'watch', 'health'],
      default: 'get',
      summary: 'What to do',
    },
    key: { type: 'string', rule: etcdKey, summary: 'The key' },
    below: {
      type: 'boolean',
      default: false,
      summary: 'With get, delete and watch: not the key itself, but all keys below it',
    },
    value: { type: 'text', summary: 'With put and cas: what to write' },
    valueSecret: {
      type: 'credentials',
      kind: 'secretText',
      summary: 'The same, of a credential; one of the two',
    },
    expect: { type: 'text', summary: 'With cas: the value that the key must have' },
    expectRevision: {
      type: 'integer',
      minimum: 0,
      maximum: 999_999_999_999,
      summary: 'With cas: the revision of its last change; 0 when it must not be there',
    },
    until: { type: 'text', summary: 'With watch: wait until the key has this value' },
    sinceRevision: {
      type: 'integer',
      minimum: 0,
      maximum: 999_999_999_999,
      summary: 'With watch: changes after this revision count too, otherwise only those to come',
    },
    timeout: { type: 'string', rule: duration, default: '1m', summary: 'How long to watch' },
    require: {
      type: 'boolean',
      default: true,
      summary:
        'Fail when there is no such key, it is not as expected, or the quorum is lost; false only returns it',
    },
    ...etcdAccess,
  },
  constraints: [
    ...['get', 'put', 'delete', 'cas', 'watch'].map(needsKey),
    { kind: 'atMostOne', of: ['expect', 'expectRevision'] },
    ...etcdConstraints,
  ],
  returns: {
    value: { type: 'string', summary: 'What was read' },
    found: { type: 'boolean', summary: 'Whether there was such a key' },
    changed: { type: 'boolean', summary: 'Whether it was written, deleted or, with watch, changed' },
    revision: {
      type: 'integer',
      summary: 'The revision of the store, or after a failed cas that of the key',
    },
    keys: { type: 'list', summary: 'The keys that were read' },
    json: { type: 'string', summary: 'Keys and values as a JSON object' },
    healthy: { type: 'integer', unit: 'members', summary: 'How many answer' },
    members: { type: 'integer', unit: 'members', summary: 'How many were asked' },
    quorum: { type: 'boolean', summary: 'Whether they can write' },
  },
  tools: [etcdTool, { program: 'ps', package: 'procps', when: 'when action is watch' }],
  uses: ['etcd', 'json'],
  cleanup: ['A watch is ended, also when the build is aborted.'],
  onFailure: [
    'put, delete and cas happen as a whole or not at all. When etcd did not answer in time, it may have happened all the same: read the key.',
  ],
  undo: [
    'Write the old value back, by cas with the revision that put returned, so that nobody else is overwritten.',
  ],
  troubles: [
    {
      says: 'the quorum is lost',
      cure: 'Less than a majority of the members work together. Start the others; nothing that was written is gone.',
    },
    {
      says: 'nobody can be reached',
      cure: 'endpoints name other machines than those of etcd, or a firewall is between. They are client ports, commonly 2379.',
    },
    {
      says: 'etcd could not be read: ... is not signed, or bad certificate',
      cure: 'Give etcdCa, and etcdCert with etcdCertKey where the members ask for it.',
    },
  ],
  examples: [
    {
      title: 'Reading and writing',
      declarative: "etcdConfig(action: 'put', key: '/shop/database/host', value: '10.0.0.7')",
      scripted:
        "def host = etcdConfig(key: '/shop/database/host')\netcdConfig(action: 'cas', key: '/shop/database/host', expectRevision: host.revision, value: '10.0.0.8')\necho host.value",
    },
    {
      title: 'Waiting for somebody',
      declarative: "etcdConfig(action: 'watch', key: '/shop/released', until: 'yes', timeout: '30m')",
      scripted:
        "def how = etcdConfig(action: 'health', endpoints: ['http://10.0.0.5:2379', 'http://10.0.0.6:2379', 'http://10.0.0.7:2379'])\necho how.healthy + ' members answer'",
    },
  ],
})
