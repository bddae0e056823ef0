import { describe, expect, test } from 'vitest'
import { transportNames } from '../../../agent/transports/names.ts'
import { lookUpTransport, pickTransport, transports } from '../../../agent/transports/registry.ts'
import type { TransportFinding } from '../../../agent/transports/transport.ts'
import { FakeJenkins } from '../../support/fake-jenkins.ts'
import { pigeon } from '../../support/fake-transport.ts'

const works: TransportFinding = { usable: true, finding: 'it works' }
const closed: TransportFinding = { usable: false, finding: 'it is closed', cure: 'open it' }
const untold: TransportFinding = { usable: undefined, finding: 'it could not be told' }

/** Findings in the order of preference. */
function tried(found: Record<string, TransportFinding>) {
  return Object.entries(found).map(([name, finding]) => ({
    transport: pigeon({ name, title: name.toUpperCase() }),
    ...finding,
  }))
}

function pick(wanted: string, found: Record<string, TransportFinding>) {
  const { transport, ...rest } = pickTransport(wanted, tried(found))
  return { name: transport?.name, ...rest }
}

test('every name of the configuration has a transport of that name, and titles differ', () => {
  expect(transports.map(({ name }) => name)).toEqual(transportNames)
  expect(new Set(transports.map(({ title }) => title)).size).toBe(transports.length)
})

describe('the pick', () => {
  test('with auto is the first that works', () => {
    expect(pick('auto', { a: closed, b: untold, c: works, d: works })).toEqual({
      name: 'c',
      finding: 'agents connect over C',
    })
  })

  test('is the one that is configured, although another is preferred', () => {
    expect(pick('b', { a: works, b: works })).toMatchObject({ name: 'b' })
  })

  test('is none when what is configured does not work, and names what would', () => {
    expect(pick('a', { a: closed, b: works })).toEqual({
      name: undefined,
      finding: 'A: it is closed',
      cure: 'set transport: b, which works',
      isTransient: false,
    })
  })

  test('is none when nothing works, and says what is wrong with each and the cure for the most preferred', () => {
    expect(pick('auto', { a: closed, b: { ...closed, cure: 'open b' } })).toEqual({
      name: undefined,
      finding: 'A: it is closed; B: it is closed',
      cure: 'open it',
      isTransient: false,
    })
  })

  test('may be another in a minute when something could not be told', () => {
    expect(pick('auto', { a: untold, b: closed })).toMatchObject({ name: undefined, isTransient: true })
    expect(pick('a', { a: untold })).toMatchObject({ cure: 'try again in a minute' })
    expect(pick('b', { a: untold, b: closed })).toMatchObject({ isTransient: false })
  })
})

test('looking one up asks only for that one', async () => {
  const jenkins = new FakeJenkins()
  expect((await lookUpTransport('websocket', jenkins)).transport?.name).toBe('websocket')
  expect(jenkins.calls).toEqual(['root'])
  expect(await lookUpTransport('tcp', jenkins)).toMatchObject({
    transport: undefined,
    finding: 'TCP: the controller has its TCP port for agents switched off',
  })
})
