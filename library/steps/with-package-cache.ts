import { defineStep } from '../definition.ts'
import { cidr, imageReference, type Rule } from '../rules.ts'

/** What squid is told by its configuration, where a blank would begin another setting. */
const cacheFolder: Rule = {
  name: 'cache folder',
  expects: 'an absolute path other than /, without blanks and ..',
  pattern: '/[A-Za-z0-9_.@+-][A-Za-z0-9_/.@+-]*',
  longest: 1024,
  without: ['/..', '//', '/-'],
  accepts: ['/tmp/packages', '/var/cache/packages', '/home/jenkins/.cache/x'],
  refuses: ['/', '//', 'cache', '/a b', '/a/../b', '/..', '-x', '/-rf', '/$(x)', '/a\ncache_dir'],
}

const proxyUrl: Rule = {
  name: 'proxy',
  expects: 'the URL of an HTTP proxy such as http://cache.example.com:3128, without user and password',
  pattern: 'http://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?/?',
  longest: 300,
  accepts: ['http://cache.example.com:3128', 'http://10.0.0.1:3128/', 'http://cache'],
  refuses: ['https://cache:3128', 'cache:3128', 'http://user:password@cache', 'http://cache/x', 'http://a b'],
}

/** A network that is let in. One that holds every address would make an open proxy of it. */
const clientNetwork: Rule = {
  ...cidr,
  name: 'client network',
  expects: 'an IPv4 network such as 172.17.0.0/16, of at least 8 bits',
  pattern: cidr.pattern.replace(/\/\(.*\)$/, '/(3[0-2]|[12][0-9]|[89])'),
  accepts: ['172.17.0.0/16', '10.0.0.0/8', '10.0.0.1/32'],
  refuses: ['0.0.0.0/0', '128.0.0.0/1', '10.0.0.0', '::/0', '10.0.0.0/33', '-1.0.0.0/8'],
}

/**
 * Facts about squid 5.7 as Debian 12 has it, tried out: as it comes it keeps nothing on disk and nothing above 4 MB,
 * and lets nobody in but the machine itself. About apt: apt.conf(5) of apt 2.6; about dnf: dnf.conf(5) of 4.14.
 */
export const withPackageCache = defineStep({
  name: 'withPackageCache',
  summary: 'Install Debian and RPM packages through a cache that keeps them',
  description: [
    'Runs a command or a body with apt, dnf and yum going through a caching proxy: a squid that is started for it and set up so that packages really are kept, or a proxy that you name. The second build that installs a package gets it from the disk of the agent.',
    'In the body, apt-get, apt, dnf and yum use the cache by themselves; nothing else does. For images the variable PACKAGE_CACHE_BUILD_ARGS holds the arguments of docker build, and PACKAGE_CACHE_CONTAINER_URL the address as containers see it. Docker keeps such arguments neither in the image nor in its history.',
    'Only what travels by http is kept, which is safe: apt verifies signatures. Repositories with https pass through unkept. RPM repositories need a fixed baseurl, because lists of mirrors name another server each time. Under sudo, apt-get is called without the wrapper: write sudo env "PATH=$PATH" apt-get.',
    'Builds that run on one agent at the same time get a cache each, as they get a workspace each.',
  ],
  since: '0.1.0',
  shape: 'both',
  parameters: {
    command: { type: 'command', summary: 'What to run: a text for bash, or a list of words' },
    family: {
      type: 'choice',
      choices: ['auto', 'apt', 'dnf', 'yum'],
      default: 'auto',
      summary: 'Whose programs go through the cache; auto takes all that the machine has',
    },
    proxy: {
      type: 'string',
      rule: proxyUrl,
      summary: 'Use this proxy instead of starting one; what is said of the started one then means nothing',
    },
    cacheDir: {
      type: 'string',
      rule: cacheFolder,
      summary:
        'Where packages are kept between builds; otherwise /var/cache/footman for root, and ~/.cache/footman for everybody else',
    },
    cacheMb: {
      type: 'integer',
      unit: 'MiB',
      minimum: 100,
      maximum: 1_000_000,
      default: 4096,
      summary: 'How much is kept; what was not used for longest goes first',
    },
    maxObjectMb: {
      type: 'integer',
      unit: 'MiB',
      minimum: 1,
      maximum: 100_000,
      default: 1024,
      summary: 'Packages larger than this are not kept',
    },
    port: {
      type: 'integer',
      minimum: 1024,
      maximum: 65_535,
      summary: 'Where the started proxy listens; otherwise a free port',
    },
    allowFrom: {
      type: 'list',
      rule: clientNetwork,
      summary:
        'Further networks that may use the started proxy, which then listens on every address; the machine itself and its Docker bridge always may',
    },
    upstream: {
      type: 'string',
      rule: proxyUrl,
      organisation: 'httpProxy',
      summary: 'The proxy behind which the started one fetches, where the agent may not go out by itself',
    },
    image: {
      type: 'string',
      rule: imageReference,
      summary: 'Run squid from this image instead of the one of the machine',
    },
    require: {
      type: 'boolean',
      default: true,
      summary: 'Fail when there is no cache to be had; false goes on without and says so',
    },
  },
  returns: {
    url: { type: 'string', summary: 'The proxy, as this machine reaches it; empty without one' },
    containerUrl: { type: 'string', summary: 'The proxy, as containers reach it' },
    buildArgs: { type: 'string', summary: 'Arguments for docker build' },
    hits: {
      type: 'integer',
      unit: 'packages',
      summary: 'How many came from the cache; only of a proxy that was started',
    },
    misses: {
      type: 'integer',
      unit: 'packages',
      summary: 'How many had to be fetched; only of a proxy that was started',
    },
  },
  tools: [
    { program: 'squid', package: 'squid', when: 'unless proxy or image is given' },
    { program: 'flock', package: 'util-linux', when: 'unless proxy is given' },
    { program: 'docker', package: 'docker.io', when: 'when image is given' },
  ],
  cleanup: [
    'The proxy that was started is stopped, also when the build is aborted; what it keeps stays for the next build.',
    'The wrappers of apt-get, dnf and yum disappear with the private folder of the call.',
  ],
  troubles: [
    {
      says: 'there are no hits the second time',
      cure: 'The repository is reached by https, or by a list of mirrors that names another one each time. Use http and a fixed address.',
    },
    {
      says: 'Hash Sum mismatch',
      cure: 'The index of the mirror changed while it was read. Run apt-get update once more; indices are asked for anew each time.',
    },
    {
      says: 'squid did not start',
      cure: 'Its own words stand below the message. As root it needs a folder that the user of squid, on Debian proxy, can reach.',
    },
  ],
  examples: [
    {
      title: 'Packages for the build itself',
      declarative: "withPackageCache(command: 'apt-get update && apt-get install -y postgresql')",
      scripted:
        "def cache = withPackageCache(command: 'apt-get update && apt-get install -y postgresql')\necho cache.hits + ' of ' + (cache.hits + cache.misses) + ' packages were there already'",
    },
    {
      title: 'Packages inside an image',
      declarative:
        "withPackageCache(cacheMb: 20000) {\n    sh 'docker build $PACKAGE_CACHE_BUILD_ARGS -t app .'\n}",
      scripted:
        "withPackageCache(proxy: 'http://cache.example.com:3128') {\n    sh 'docker build $PACKAGE_CACHE_BUILD_ARGS -t app .'\n}",
    },
  ],
  uses: ['ports'],
})
