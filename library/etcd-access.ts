import type { Constraint, Parameter, Tool } from './definition.ts'
import { absolutePath, duration, type Rule } from './rules.ts'

const endpoint: Rule = {
  name: 'etcd endpoint',
  expects: 'an endpoint such as http://10.0.0.5:2379',
  pattern: 'https?://([A-Za-z0-9][A-Za-z0-9.-]*|\\[[0-9a-fA-F:]+\\]):[0-9]{1,5}',
  longest: 300,
  accepts: ['http://10.0.0.5:2379', 'https://etcd-1.example.com:2379', 'http://[::1]:2379'],
  refuses: [
    '10.0.0.5:2379',
    'http://a:2379/x',
    'http://a',
    'http://u:p@a:2379',
    '-x',
    'http://a:1,http://b:1',
  ],
}

/**
 * A key that holds no blank, quote or pattern, so that every program reads it alike. `..` and `//` mean nothing to etcd,
 * but much to whoever takes a key for a path.
 */
export const etcdKey: Rule = {
  name: 'etcd key',
  expects:
    'a key such as /app/database/host: letters, digits, dots, dashes, colons and underscores between slashes',
  pattern: '(/[A-Za-z0-9_.:@-]+)+',
  longest: 1024,
  without: ['..'],
  accepts: ['/app', '/app/database/host', '/a/10.0.0.5:80', '/a_b/c-d'],
  refuses: ['app', '/', '/a/', '//a', '/a/../b', '/a b', '/a"b', '-x', '/a*', '/é'],
}

/** How a step reaches etcd: the same parameters for every step that does; `lib/etcd.sh` reads them. */
export const etcdAccess = {
  endpoints: {
    type: 'list',
    rule: endpoint,
    default: ['http://127.0.0.1:2379'],
    summary: 'The members of the etcd cluster; all of them, so that one may be down',
  },
  etcdLogin: {
    type: 'credentials',
    kind: 'usernamePassword',
    summary: 'For a cluster with authentication',
  },
  etcdCa: {
    type: 'string',
    rule: absolutePath,
    summary: 'The file with the certificate of the authority that signed those of the members',
  },
  etcdCert: { type: 'string', rule: absolutePath, summary: 'The file with our own certificate' },
  etcdCertKey: { type: 'string', rule: absolutePath, summary: 'The file with its private key' },
  etcdTimeout: {
    type: 'string',
    rule: duration,
    default: '5s',
    summary: 'How long one answer of etcd may take',
  },
} satisfies Readonly<Record<string, Parameter>>

export const etcdConstraints: readonly Constraint[] = [
  {
    kind: 'needs',
    parameter: 'etcdCert',
    needs: 'etcdCertKey',
    because: 'a certificate is shown with its key',
  },
  { kind: 'needs', parameter: 'etcdCertKey', needs: 'etcdCert', because: 'a key belongs to a certificate' },
]

export const etcdTool: Tool = { program: 'etcdctl', package: 'etcd-client' }
