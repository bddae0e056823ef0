/**
 * What a value must look like. One rule is read by three languages: TypeScript here, Groovy in the generated step and
 * bash in its resource, so a pattern keeps to what all of them understand alike: POSIX extended regular expressions
 * without backslashes but for `\[` and `\]` (a dot is `[.]`), without `[` or `&` in brackets, with a dash last in
 * them. The whole value must match.
 */
export interface Rule {
  readonly name: string
  /** Completes "must be …". */
  readonly expects: string
  readonly pattern: string
  /** Most characters. Checked before the pattern, so that no pattern ever meets a huge text. */
  readonly longest: number
  /** Texts that may stand nowhere in the value. */
  readonly without?: readonly string[]
  /** Samples, tried in all three languages. */
  readonly accepts: readonly [string, ...string[]]
  readonly refuses: readonly [string, ...string[]]
}

/** Whether a single-line value obeys a rule: it is not empty, holds no control character, and matches as a whole. */
export function obeys(rule: Rule, value: string): boolean {
  return (
    isLine(value) &&
    value.length <= rule.longest &&
    expressionOf(rule).test(value) &&
    !(rule.without ?? []).some((text) => value.includes(text))
  )
}

const expressions = new WeakMap<Rule, RegExp>()

function expressionOf(rule: Rule): RegExp {
  const known = expressions.get(rule)
  if (known) return known
  const expression = new RegExp(`^(?:${rule.pattern})$`, 's')
  expressions.set(rule, expression)
  return expression
}

/** Not empty and without control characters, line breaks included. */
export function isLine(value: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return value !== '' && !/[\u0000-\u001f\u007f]/.test(value)
}

/** Whether a rule takes characters beyond ASCII. */
export function anyText(rule: Rule): boolean {
  return /[.^]/.test(rule.pattern.replace(/\[[^\]^][^\]]*\]/g, ''))
}

const domain = '[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*'
const dotted = '[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+'
const port = '[0-9]{1,5}'
const registry = `(localhost(:${port})?|${dotted}(:${port})?|[A-Za-z0-9][A-Za-z0-9-]*:${port}|\\[[0-9a-fA-F:]+\\](:${port})?)`
const imagePath = '[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*'
const tag = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}'
const digest = 'sha256:[0-9a-f]{64}'
const byte = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
/** Pattern of an IPv4 address. */
export const ipv4 = `${byte}[.]${byte}[.]${byte}[.]${byte}`
const zeros = '0'.repeat(64)

/** Any text of one line that no program can take for an option. */
export const line: Rule = {
  name: 'line',
  expects: 'one line that does not begin with a dash',
  pattern: '[^-].*',
  longest: 65_536,
  accepts: ['two words', '$(date)', 'grün', 'a-b', '%s'],
  refuses: ['', '-rf', 'two\nlines', 'a\tb', 'bell\u0007'],
}

/** One word of a command line, passed on as it is; only where the program before it expects options too. */
export const argument: Rule = {
  name: 'argument',
  expects: 'one line',
  pattern: '.+',
  longest: 65_536,
  accepts: ['--flag', '-', 'two words'],
  refuses: ['', 'two\nlines'],
}

export const imageReference: Rule = {
  name: 'image reference',
  expects: 'an image such as debian:12 or registry.example.com:5000/team/app:1.2',
  pattern: `(${registry}/)?${imagePath}(:${tag})?(@${digest})?`,
  longest: 512,
  accepts: [
    'debian',
    'debian:12',
    'registry.example.com:5000/team/app:1.2',
    'localhost/a/b',
    '[::1]:5000/app:x_1',
    `app@sha256:${zeros}`,
  ],
  refuses: [
    'Debian',
    'https://example.com/app',
    '-v',
    'app:',
    'app@sha256:12',
    'user:pass@host/app',
    'a b',
    ':x',
  ],
}

export const imageTag: Rule = {
  name: 'image tag',
  expects: 'an image tag: letters, digits, dots, dashes and underscores, at most 128',
  pattern: tag,
  longest: 128,
  accepts: ['1.2.3', 'latest', '_x', 'a'.repeat(128)],
  refuses: ['-x', '.x', 'a/b', 'a b', 'a'.repeat(129)],
}

export const imageDigest: Rule = {
  name: 'image digest',
  expects: 'a digest: sha256: and 64 hexadecimal digits',
  pattern: digest,
  longest: 71,
  accepts: [`sha256:${zeros}`],
  refuses: [zeros, 'sha256:12', `sha512:${zeros}`, `sha256:${zeros}0`],
}

/** Names of containers, networks and volumes as the Docker Engine takes them. */
export const containerName: Rule = {
  name: 'container name',
  expects: 'letters, digits, dots, dashes and underscores, beginning with a letter or digit',
  pattern: '[A-Za-z0-9][A-Za-z0-9_.-]*',
  longest: 128,
  accepts: ['db', 'my_net-1.2'],
  refuses: ['-db', '.db', 'a b', 'a/b', 'é'],
}

export const host: Rule = {
  name: 'host',
  expects: 'a host name or address',
  pattern: `(${domain}|[0-9a-fA-F:]*:[0-9a-fA-F:.]+)`,
  longest: 253,
  accepts: ['localhost', 'build-1.example.com', '10.0.0.1', '::1', 'fe80::1'],
  refuses: ['-h', 'a b', 'a_b', 'host:22x', 'user@host', 'a..b', 'host/path'],
}

/** Hours, minutes, seconds and milliseconds; `duration_seconds` reads it in bash. */
export const duration: Rule = {
  name: 'duration',
  expects: 'a duration such as 90s, 5m or 1h30m',
  pattern: '([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,7}s)?',
  longest: 24,
  accepts: ['90s', '5m', '1h30m', '0s', '2h'],
  refuses: ['', '5', '-5s', '5 m', 'm', '1d', '1s1m', '1.5h'],
}

/** As the Docker Engine reads --shm-size and --memory. */
export const memorySize: Rule = {
  name: 'memory size',
  expects: 'a size such as 512m or 2g',
  pattern: '[1-9][0-9]{0,8}[kmgKMG][bB]?',
  longest: 12,
  accepts: ['512m', '2g', '1GB'],
  refuses: ['512', '0m', '-1g', '1.5g', '2t', 'g'],
}

export const cidr: Rule = {
  name: 'CIDR',
  expects: 'an IPv4 network such as 172.17.0.0/16',
  pattern: `${ipv4}/(3[0-2]|[12]?[0-9])`,
  longest: 18,
  accepts: ['172.17.0.0/16', '10.0.0.1/32', '0.0.0.0/0'],
  refuses: ['172.17.0.0', '256.0.0.0/8', '10.0.0.0/33', '10.0.0/8', '::1/128', '-1.0.0.0/8'],
}

/** `host:port`, the host as a name or an IPv4 address. */
export const hostAndPort: Rule = {
  name: 'host and port',
  expects: 'a host and a port such as 10.0.0.5:8080',
  pattern: `${domain}:(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})`,
  longest: 260,
  accepts: ['10.0.0.5:8080', 'db.local:1', 'a:65535'],
  refuses: ['10.0.0.5', ':80', 'a:0', 'a:65536', 'a:80/x', '-a:80'],
}

export const environmentName: Rule = {
  name: 'environment name',
  expects: 'the name of a variable: letters, digits and underscores, not beginning with a digit',
  pattern: '[A-Za-z_][A-Za-z0-9_]*',
  longest: 256,
  accepts: ['PATH', '_x1'],
  refuses: ['1X', 'A-B', 'A=B', 'PATH+X', 'A B', 'É'],
}

export const absolutePath: Rule = {
  name: 'absolute path',
  expects: 'an absolute path without ..',
  pattern: '/.*',
  longest: 4096,
  without: ['/../', '//'],
  accepts: ['/', '/var/cache/squid', '/a b', '/a..b', '/$(x)'],
  refuses: ['var', './x', '~/x', '/a/../b', '-x', '/a\nb', '//x'],
}

/** A path inside the workspace. */
export const workspacePath: Rule = {
  name: 'workspace path',
  expects: 'a path inside the workspace: relative, without ..',
  pattern: '[^/~-].*',
  longest: 4096,
  without: ['../', '/..', '//'],
  accepts: ['test/run.js', 'a b', './x', 'a..b'],
  refuses: ['/etc/passwd', '~/x', '../x', 'a/../b', '-x', 'a\nb', 'a/..'],
}

/** An Ant pattern, as archiveArtifacts and junit take it: files inside the workspace, several separated by commas. */
export const filePattern: Rule = {
  name: 'file pattern',
  expects: 'a pattern of files inside the workspace such as screenshots/**/*.png',
  pattern: '[^/~-].*',
  longest: 1024,
  without: ['../', '/..'],
  accepts: ['**/*.png', 'a/b.xml, c/d.xml', 'x'],
  refuses: ['/etc/*', '../*', '-x', 'a/../b'],
}

/** http or https, without user and password: those belong into credentials. */
export const httpUrl: Rule = {
  name: 'URL',
  expects: 'a URL that begins with http:// or https://, without user and password',
  pattern: `https?://(${domain}|\\[[0-9a-fA-F:]+\\])(:${port})?([/?#][^ "'<>\`]*)?`,
  longest: 2048,
  accepts: ['http://proxy:3128', 'https://example.com/a?b=c', 'http://[::1]:80/', 'http://127.0.0.1'],
  refuses: ['ftp://x', 'http://user:pass@host', 'proxy:3128', 'http://', 'http://a b', 'http://x/"'],
}

export const credentialsId: Rule = {
  name: 'credentials id',
  expects: 'the id of a credential in Jenkins',
  pattern: '[^-].*',
  longest: 255,
  accepts: ['registry-push', 'a/b', 'team registry'],
  refuses: ['', '-x', 'a\nb'],
}

/** What may be called as a program: a bare name that is found on the PATH. */
export const programName: Rule = {
  name: 'program name',
  expects: 'the name of a program without a path',
  pattern: '[A-Za-z0-9_][A-Za-z0-9_.+-]*',
  longest: 128,
  accepts: ['apt-get', 'g++', 'python3.11'],
  refuses: ['/bin/sh', '-x', 'a b', '../x', '.hidden'],
}
