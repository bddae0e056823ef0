import type { NetworkInterfaceInfo } from 'node:os'
import { describe, expect, test } from 'vitest'
import { doubt } from '../../../agent/daemon/doubt.ts'

function at(address: string, internal = false): NetworkInterfaceInfo[] {
  return [{ address, netmask: '', family: 'IPv4', mac: '', internal, cidr: null }]
}

const home = { lo: at('127.0.0.1', true), wlan0: at('192.168.1.7') }
const start = 1_000_000
const settled = { ...doubt(undefined, look(start, home)), untilMs: start }

function look(nowMs: number, interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>, intendedPauseMs = 10_000) {
  return { nowMs, intendedPauseMs, interfaces }
}

/** Whether the look after a quiet one doubts connections. */
function isDoubtful(nowMs: number, interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = home): boolean {
  return doubt(settled, look(nowMs, interfaces)).untilMs > nowMs
}

describe('connections are doubted', () => {
  test('at the start, because nobody knows what was before', () => {
    expect(doubt(undefined, look(start, home)).untilMs).toBe(start + 180_000)
  })

  test('after the machine slept', () => {
    expect(isDoubtful(start + 41_000)).toBe(true)
  })

  test('when the clock was set back, but not for the hours that it lost', () => {
    const { untilMs } = doubt({ ...settled, untilMs: start + 180_000 }, look(start - 7_200_000, home))
    expect(untilMs).toBe(start - 7_200_000 + 180_000)
  })

  test('when an address came, went or changed', () => {
    expect(isDoubtful(start + 10_000, { ...home, wlan0: at('10.0.0.9') })).toBe(true)
    expect(isDoubtful(start + 10_000, { ...home, tun0: at('10.8.0.2') })).toBe(true)
    expect(isDoubtful(start + 10_000, { lo: home.lo })).toBe(true)
  })

  test('for three minutes, in which agents notice themselves', () => {
    const moved = doubt(settled, look(start, { lo: home.lo }))
    const later = doubt(moved, look(start + 10_000, { lo: home.lo }))
    expect(later.untilMs).toBe(start + 180_000)
  })
})

describe('connections are not doubted', () => {
  test('when a look comes about when it was to come', () => {
    expect(isDoubtful(start + 10_000)).toBe(false)
    expect(isDoubtful(start + 39_000)).toBe(false)
  })

  test('for bridges and cables of containers, which come and go with every build', () => {
    const names = ['docker0', 'br-1f2e3d', 'veth12ab', 'podman0', 'cni0', 'virbr0', 'lxcbr0']
    for (const name of names) {
      expect(isDoubtful(start + 10_000, { ...home, [name]: at('172.17.0.1') }), name).toBe(false)
    }
  })

  test('for link-local and loopback addresses, or another order', () => {
    expect(isDoubtful(start + 10_000, { ...home, wlan1: at('fe80::1') })).toBe(false)
    expect(isDoubtful(start + 10_000, { wlan0: home.wlan0 })).toBe(false)
    expect(isDoubtful(start + 10_000, { wlan0: home.wlan0, lo: home.lo })).toBe(false)
  })
})
