import { describe, expect, test } from 'vitest'
import { slotLabels } from '../../../../agent/containers/observed-container.ts'
import { agentContainerSpec } from '../../../../agent/transports/inbound/container-spec.ts'
import { launchContainer } from '../../../../agent/transports/inbound/launch.ts'
import { RemoteError, UserError } from '../../../../core/errors.ts'
import { Secret } from '../../../../core/secret.ts'
import { fakeDocker } from '../../../support/docker-fake.ts'
import { agentContainer, identity, plan } from '../../agent-containers.ts'

const secret = new Secret('5ec2e7'.repeat(10))
const spec = agentContainerSpec(agentContainer())

function engineWithImage(user = '1000:1000') {
  const engine = fakeDocker()
  engine.addImage(spec.image, { user })
  return engine
}

test('a launched container runs and holds its secret for its user alone', async () => {
  const engine = engineWithImage()
  const id = await launchContainer({ engine, spec, secret })
  expect(engine.containers()).toMatchObject([{ id, name: spec.name, status: 'running' }])
  expect(engine.file(id, '/footman/secret')).toMatchObject({ kind: 'directory', mode: 0o500, uid: 1000 })
  expect(engine.file(id, '/footman/secret/agent')).toMatchObject({ mode: 0o400, uid: 1000, gid: 1000 })
  expect(engine.file(id, '/footman/secret/agent')?.content.toString()).toBe(secret.reveal())
  expect(JSON.stringify(engine.spec(id))).not.toContain(secret.reveal())
})

test('the jar cache has a folder for each user id, and the command finds it through a link', async () => {
  const engine = engineWithImage('1234')
  const id = await launchContainer({ engine, spec, secret })
  expect(engine.file(id, '/footman/jar-cache/1234')).toMatchObject({ kind: 'directory', uid: 1234 })
  expect(engine.file(id, '/footman/jars')?.content.toString()).toBe('/footman/jar-cache/1234')
  expect(spec.command.join(' ')).toMatch(/-jar-cache \/footman\/jars\//)
})

test('everything is in place before the container starts', async () => {
  const engine = engineWithImage()
  engine.onStart((id) => {
    expect(engine.file(id, '/footman/secret/agent')).toBeDefined()
    expect(engine.file(id, '/home/jenkins/agent')).toMatchObject({ kind: 'directory', uid: 1000 })
  })
  await launchContainer({ engine, spec, secret })
  expect(engine.calls.at(-1)).toBe('start')
})

describe('a launch that fails', () => {
  test.each(['image', 'putFiles', 'start'] as const)('at %s leaves no container behind', async (call) => {
    const engine = engineWithImage()
    engine.failNext(call, new RemoteError('broken', 'no luck today'))
    await expect(launchContainer({ engine, spec, secret })).rejects.toThrow('no luck today')
    expect(engine.containers()).toEqual([])
  })

  test('because the image names a user whom nobody knows says so', async () => {
    const engine = engineWithImage('stranger')
    await expect(launchContainer({ engine, spec, secret })).rejects.toThrow(UserError)
    expect(engine.containers()).toEqual([])
  })

  test('and cannot even be cleaned up still reports the first failure', async () => {
    const engine = engineWithImage()
    engine.failNext('start', new RemoteError('broken', 'the first failure'))
    engine.failNext('remove', new RemoteError('timeout', 'the second'))
    await expect(launchContainer({ engine, spec, secret })).rejects.toThrow('the first failure')
  })

  test('because the caller gave up is cleaned up all the same', async () => {
    const engine = engineWithImage()
    const abort = new AbortController()
    const launch = launchContainer({
      engine: {
        ...engine,
        putFiles: async () => {
          abort.abort(new Error('enough'))
        },
      },
      spec,
      secret,
      signal: abort.signal,
    })
    await expect(launch).rejects.toThrow('enough')
    expect(engine.containers()).toEqual([])
  })
})

describe('a name that is taken', () => {
  test('by what a crash left of the same slot is freed', async () => {
    const engine = engineWithImage()
    const leftover = await engine.create(spec)
    const id = await launchContainer({ engine, spec, secret })
    expect(engine.containers()).toMatchObject([{ id, status: 'running' }])
    expect(id).not.toBe(leftover)
  })

  test('by a running container of the same slot is a conflict: two agents would fight for one node', async () => {
    const engine = engineWithImage()
    const running = await launchContainer({ engine, spec, secret })
    await expect(launchContainer({ engine, spec, secret })).rejects.toMatchObject({ failure: 'conflict' })
    expect(engine.containers()).toMatchObject([{ id: running, status: 'running' }])
  })

  test('by a container that is not ours is left alone, and the person is told', async () => {
    const engine = engineWithImage()
    const labels = slotLabels({ ...identity, machineId: 'somebody-else' }, plan, 'websocket')
    const theirs = await engine.create({ ...spec, labels })
    await expect(launchContainer({ engine, spec, secret })).rejects.toMatchObject({
      code: 'user',
      hint: expect.stringContaining(`docker inspect ${spec.name}`),
    })
    expect(engine.containers()).toMatchObject([{ id: theirs }])
  })
})
