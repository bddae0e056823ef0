import { cidr, hostAndPort, type Rule } from './rules.ts'

export const appName: Rule = {
  name: 'app',
  expects: 'a name of small letters, digits, dashes and underscores, beginning with a letter',
  pattern: '[a-z][a-z0-9_-]*',
  longest: 60,
  accepts: ['shop', 'team-shop_2'],
  refuses: ['Shop', '2shop', '-x', 'a b', 'a/b', 'a;b', 'a.b'],
}

/** nginx looks a name up once, when it loads its configuration: the container behind it may have another address by then. */
export const backend: Rule = {
  name: 'backend',
  expects: 'an address and a port such as 10.0.0.5:8080, no name',
  pattern: `(${cidr.pattern.replace(/\/.*/, '')}|\\[[0-9a-fA-F:.]+\\])${hostAndPort.pattern.replace(/.*:/, ':')}`,
  longest: 60,
  accepts: ['10.0.0.5:8080', '127.0.0.1:1', '[fd00::5]:8080'],
  refuses: ['shop:8080', '10.0.0.5', '10.0.0.256:80', '10.0.0.5:0', '10.0.0.5:80;', '-x', 'fd00::5:80'],
}

/** What nginx and confd are told of by their configuration. */
export const plainPath: Rule = {
  name: 'plain path',
  expects: 'an absolute path without blanks and ..',
  pattern: '(/[A-Za-z0-9_.][A-Za-z0-9_.@+-]*)+',
  longest: 1024,
  without: ['/..'],
  accepts: ['/run/nginx.pid', '/etc/nginx/nginx.conf'],
  refuses: ['/', '/a b', '/a/../b', 'x', '-x', '/-x', '/a;b', '/$(x)', '/a"b', '/a/'],
}

/** Patterns of an include commonly end in .conf, and so must what they are to find. */
export const includedFile: Rule = {
  ...plainPath,
  name: 'included file',
  expects: 'an absolute path that ends in .conf, without blanks and ..',
  pattern: `${plainPath.pattern}[.]conf`,
  accepts: ['/etc/nginx/conf.d/shop.conf'],
  refuses: ['/etc/nginx/conf.d/shop', '/a b.conf', '/a/../b.conf', 'x.conf', '/-x.conf', '/a;b.conf'],
}

export const urlPath: Rule = {
  name: 'path of a URL',
  expects: 'the path of a URL such as /health',
  pattern: '/([A-Za-z0-9_.~/?=%:@+,-]|&)*',
  longest: 1024,
  accepts: ['/', '/health', '/up?deep=1'],
  refuses: ['health', '/a b', '/"', '-x', 'http://x/', '/$(x)'],
}
