import { expect, test } from 'vitest'
import { linkOf } from '../../../agent/transports/link.ts'

const connecting = 'INFO: Setting up agent: laptop-1\nINFO: Locating server among [http://jenkins.test/]'

test.each([
  ['nothing at all', '', 'unknown'],
  ['an agent on its way', connecting, 'connecting'],
  ['an agent that arrived', `${connecting}\nINFO: Connected`, 'connected'],
  ['an agent that lost its way', `${connecting}\nINFO: Connected\nTerminated\r\n`, 'connecting'],
  ['a build that prints the word', `${connecting}\nbuild: Connected to the database`, 'connecting'],
] as const)('the log of %s tells its link', (_name, log, link) => {
  expect(linkOf(log)).toBe(link)
})
