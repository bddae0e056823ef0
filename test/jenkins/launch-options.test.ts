import { expect, test } from 'vitest'
import { webAddress } from '../../jenkins/launch-options.ts'

test.each<[string[], string | undefined, { port: number; prefix: string }]>([
  [[], undefined, { port: 8080, prefix: '' }],
  [[], '--httpPort=9090 --prefix=/jenkins', { port: 9090, prefix: '/jenkins' }],
  [['--prefix=/ci/'], '--prefix=/jenkins', { port: 8080, prefix: '/ci' }],
  [[], '--prefix="/my ci" --httpPort=81', { port: 81, prefix: '/my ci' }],
  [[], '--prefix=/', { port: 8080, prefix: '' }],
  [[], '--prefix=jenkins', { port: 8080, prefix: '/jenkins' }],
  [['--httpPort=-1'], undefined, { port: 8080, prefix: '' }],
  [['--httpPort=81', '--httpPort=82'], undefined, { port: 82, prefix: '' }],
  [['bash'], '  ', { port: 8080, prefix: '' }],
])('arguments %j and JENKINS_OPTS %j make %j', (args, options, address) => {
  expect(webAddress(args, options === undefined ? {} : { JENKINS_OPTS: options })).toEqual(address)
})
