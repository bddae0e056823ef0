import { expect, test } from 'vitest'
import { findHome, homeMountOf } from '../../../jenkins/recipe/home-mount.ts'
import { recorded } from '../../support/inspect-recordings.ts'

test('the home is the volume at JENKINS_HOME', () => {
  const home = { source: 'rec-home', kind: 'volume', target: '/var/jenkins_home', anonymous: false }
  for (const name of ['usual', 'own-settings', 'mounts-in-home', 'shared-namespaces']) {
    expect(homeMountOf(recorded(name))).toEqual(home)
  }
})

test('a volume without a name is as good as one with', () => {
  const container = recorded('anonymous-home')
  expect(homeMountOf(container)).toEqual({
    source: container.Mounts[0]?.Name,
    kind: 'volume',
    target: '/var/jenkins_home',
    anonymous: true,
  })
})

test('a home may lie in a folder of the host, also below what is mounted', () => {
  const container = recorded('parent-home')
  expect(homeMountOf(container)).toEqual({
    source: '/tmp/rec-srv/jenkins',
    kind: 'bind',
    target: '/srv/jenkins',
    anonymous: false,
  })
  container.Config.Env = ['JENKINS_HOME=/srv']
  expect(homeMountOf(container)).toMatchObject({ source: '/tmp/rec-srv', target: '/srv' })
  container.Config.Env = ['JENKINS_HOME=/srv2']
  expect(homeMountOf(container)).toBeUndefined()
})

test('where JENKINS_HOME says nothing it is that of the official image', () => {
  const container = recorded('usual')
  container.Config.Env = ['JENKINS_HOME=']
  expect(homeMountOf(container)).toMatchObject({ target: '/var/jenkins_home' })
})

test.each([
  ['layer-home', /lies in the container itself/, /docker cp rec-jenkins:\/srv\/jenkins /],
  ['tmpfs-home', /tmpfs|lies in the container itself/, /footman jenkins up/],
])('%s: there is no home that outlives the container', (name, problem, hint) => {
  expect(homeMountOf(recorded(name))).toBeUndefined()
  expect(findHome(recorded(name))).toEqual({
    problem: expect.stringMatching(problem),
    hint: expect.stringMatching(hint),
  })
})

test('a home that is read-only, or only a part of a volume, is refused with the reason', () => {
  const readOnly = recorded('usual')
  Object(readOnly.Mounts[0]).RW = false
  expect(findHome(readOnly)).toMatchObject({ problem: expect.stringMatching(/read-only/) })
  const part = recorded('usual')
  part.Config.Env = ['JENKINS_HOME=/var/jenkins_home/real']
  expect(findHome(part)).toMatchObject({
    problem: expect.stringMatching(/only a part of the volume rec-home/),
  })
  const subpath = recorded('mounts-in-home')
  const mount = Object(subpath.HostConfig.Mounts).find(
    (one: { Source?: string }) => one.Source === 'rec-home',
  )
  mount.VolumeOptions.Subpath = 'jenkins'
  expect(findHome(subpath)).toMatchObject({ problem: expect.stringMatching(/only a part/) })
})
