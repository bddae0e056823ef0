import { expect, test } from 'vitest'
import { engineSocket } from '../../../agent/containers/engine-socket.ts'

const linux = { platform: 'linux', env: {}, home: '/home/ann', uid: 1000 } as const

test('is the one that the engine was found by, with the group that may use it', () => {
  const exists = (path: string) => path === '/run/user/1000/docker.sock'
  const groupOf = (path: string) => (path === '/run/user/1000/docker.sock' ? 998 : 0)
  expect(engineSocket({ ...linux, exists }, groupOf)).toEqual({
    path: '/run/user/1000/docker.sock',
    gid: 998,
  })
})

test('is the one inside of the virtual machine where the engine lives in one', () => {
  expect(engineSocket({ ...linux, platform: 'darwin' })).toEqual({ path: '/var/run/docker.sock', gid: 0 })
})

test('of an engine that is reached over the network is the one over there', () => {
  const env = { DOCKER_HOST: 'tcp://engine.example:2375' }
  expect(engineSocket({ ...linux, env })).toEqual({ path: '/var/run/docker.sock', gid: 0 })
})
