import { describe, expect, test } from 'vitest'
import { statusLine, statusText } from '../../../agent/daemon/status-text.ts'
import { agentStatus } from '../../support/agent-status.ts'

const minute = 60_000
const gib = 2 ** 30
const now = new Date(2026, 0, 5, 12).getTime()
const twoByTwo = { cpus: 2, memoryBytes: 2 * gib }
const building = {
  slot: 'laptop-ann-1',
  state: 'busy' as const,
  template: 'default',
  size: twoByTwo,
  sinceMs: now - 3 * minute,
  build: 'app #41',
}
const half = { total: { cpus: 6, memoryBytes: 16 * gib }, used: twoByTwo }

describe('in one line', () => {
  test('a build is named with its size and how long it runs', () => {
    expect(statusLine(agentStatus({ budget: half, slots: [building] }), now)).toBe(
      '2 of 6 CPUs lent: laptop-ann-1 builds app #41 (2CPU2G, 3m)',
    )
  })

  test('a machine without work says what it waits for, or why it does not', () => {
    expect(statusLine(agentStatus(), now)).toBe('0 of 6 CPUs lent; waiting for builds')
    expect(statusLine(agentStatus({ openness: 'closed', because: 'you paused it' }), now)).toBe(
      '0 of 6 CPUs lent; takes no builds: you paused it',
    )
  })

  test('an engine that does not answer comes before builds', () => {
    const status = agentStatus({ engineTrouble: 'the container engine does not answer' })
    expect(statusLine(status, now)).toBe('0 of 6 CPUs lent; the container engine does not answer')
    expect(statusText(status, now)).toContain(
      'No containers can be started: the container engine does not answer.\n',
    )
  })

  test('a controller that is away comes first', () => {
    const controller = { url: 'http://jenkins.test/', reachable: false }
    expect(statusLine(agentStatus({ controller }), now)).toBe(
      '0 of 6 CPUs lent; http://jenkins.test/ does not answer',
    )
  })

  test('a build whose job we may not read is a build all the same', () => {
    const { build: _, ...secret } = building
    expect(statusLine(agentStatus({ slots: [secret] }), now)).toContain('builds something it may not see')
  })
})

describe('in full', () => {
  test('everything worth knowing stands there', () => {
    const status = agentStatus({
      controller: {
        url: 'http://jenkins.test/',
        version: '2.498',
        reachable: true,
        sinceMs: now - 65 * minute,
      },
      budget: half,
      slots: [building, { slot: 'laptop-ann-2', state: 'failed', note: 'the image holds no Java' }],
      waiting: [{ title: 'lib #7', reason: 'it wants 8CPU16G, this machine lends 6CPU16G' }],
      events: [{ atMs: now - minute, text: 'laptop-ann-1: container started' }],
    })
    expect(statusText(status, now)).toBe(
      [
        'laptop-ann lends 2 of 6 CPUs and 2 GiB of 16 GiB.',
        'It takes builds.',
        'In touch with http://jenkins.test/, Jenkins 2.498 for 1h 5m.',
        '',
        'SLOT          STATE   SIZE    TEMPLATE  FOR  BUILD',
        'laptop-ann-1  busy    2CPU2G  default   3m   app #41',
        'laptop-ann-2  failed  -       -         -    the image holds no Java',
        '',
        'Waiting for other machines:',
        '  lib #7: it wants 8CPU16G, this machine lends 6CPU16G',
        '',
        'Lately:',
        '  11:59:00  laptop-ann-1: container started',
        '',
      ].join('\n'),
    )
  })

  test('a door that is closing tells why and until when', () => {
    const untilMs = now + 30 * minute
    const status = agentStatus({ openness: 'finishing', because: 'you paused it until 12:30', untilMs })
    expect(statusText(status, now)).toContain(
      'It takes no more builds and lets those that run end: you paused it until 12:30; that changes in 30m.',
    )
  })

  test('a controller that is away is no reason to worry about builds', () => {
    const controller = {
      url: 'http://jenkins.test/',
      reachable: false,
      sinceMs: now - minute,
      trouble: 'connection refused',
    }
    expect(statusText(agentStatus({ controller }), now)).toContain(
      'Not in touch with http://jenkins.test/ for 1m: connection refused. Running builds go on.',
    )
  })

  test('a long history is cut to its end', () => {
    const events = Array.from({ length: 30 }, (_, index) => ({ atMs: now, text: `event ${index}` }))
    const text = statusText(agentStatus({ events }), now)
    expect(text).toContain('event 29')
    expect(text).not.toContain('event 19\n')
  })
})
