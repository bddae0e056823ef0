import { expect, test } from 'vitest'
import type { RawContainer } from '../../../core/container-host.ts'
import { concernsOf } from '../../../jenkins/recipe/concerns.ts'
import { recorded } from '../../support/inspect-recordings.ts'

/** Another container that runs, somewhat changed. */
function other(name: string, change: (container: RawContainer) => void = () => {}): RawContainer {
  const container = recorded('no-network')
  container.Id = name.padEnd(64, '0')
  container.Name = `/${name}`
  container.Mounts = []
  change(container)
  return container
}

const concerns = (...others: RawContainer[]) =>
  concernsOf({ container: recorded('usual'), changes: [], others })
const { Id: id } = recorded('usual')

test('containers that have nothing to do with it are no concern, nor is it itself', () => {
  expect(concerns(other('a'), recorded('usual'))).toEqual([])
})

test.each([`container:${id}`, 'container:rec-jenkins'])(
  'who lives in its network (%s) is told of',
  (mode) => {
    const vpn = other('vpn', ({ HostConfig }) => {
      HostConfig.NetworkMode = mode
    })
    expect(concerns(vpn)).toEqual([
      { severity: 'warn', message: expect.stringMatching(/^vpn shares/), hint: 'make vpn again afterwards' },
    ])
  },
)

test('who has its volumes is told of', () => {
  const sidecar = other('sidecar', ({ HostConfig }) => {
    HostConfig.VolumesFrom = ['rec-jenkins:ro']
  })
  expect(concerns(sidecar)).toMatchObject([{ message: expect.stringMatching(/^sidecar has the volumes/) }])
})

test('who may write to the same home is told of, while it runs', () => {
  const home = recorded('usual').Mounts
  const rival = other('rival', (container) => {
    container.Mounts = home
  })
  expect(concerns(rival)).toMatchObject([
    {
      severity: 'warn',
      message: expect.stringMatching(/^rival runs as well, and may write to the same home/),
    },
  ])
  rival.State.Running = false
  expect(concerns(rival)).toEqual([])
  const reader = other('reader', (container) => {
    container.Mounts = home.map((mount) => ({ ...mount, RW: false }))
  })
  expect(concerns(reader)).toEqual([])
})
