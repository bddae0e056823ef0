import { describe, expect, test } from 'vitest'
import { UserError } from '../../../core/errors.ts'
import { LendingStage, type StageOptions, stageImage } from '../../support/lending-stage.ts'

const minute = 60_000

async function started(options: StageOptions = {}): Promise<LendingStage> {
  const stage = new LendingStage(options)
  await stage.start()
  return stage
}

/** A stage on which a build runs in the first slot. */
async function building(options: StageOptions = {}): Promise<LendingStage> {
  const stage = await started(options)
  stage.enqueue('2CPU2G')
  await stage.pass(minute)
  return stage
}

describe('an image that is not on this machine', () => {
  const settings = {
    images: { allow: ['*'] },
    templates: [
      { name: 'default', image: 'here:1' },
      { name: 'browser', image: 'far-away:1', features: ['chrome'] },
    ],
  }

  test('is pulled in the background, and holds up no build that needs another', async () => {
    const pulled = promise()
    const stage = await started({
      settings,
      edges: ({ engine }) => ({
        engine: new Proxy(engine, {
          get: (target, key) => {
            const value = Reflect.get(target, key)
            if (key !== 'pull') return typeof value === 'function' ? value.bind(target) : value
            return async (...words: Parameters<typeof engine.pull>) => {
              await pulled.promise
              await engine.pull(...words)
            }
          },
        }),
      }),
    })
    stage.docker.addImage('here:1')
    stage.enqueue('chrome')
    stage.enqueue('linux&&!chrome')
    await stage.pass(minute)
    expect(stage.container.image).toBe('here:1')
    expect(stage.status.waiting).toEqual([
      { title: 'app1', reason: 'the image of template browser is being pulled' },
    ])
    expect(stage.said.filter((line) => line === 'pulling far-away:1')).toHaveLength(1)
    pulled.resolve()
    await stage.pass(minute)
    expect(stage.containers.map(({ image }) => image).sort()).toEqual(['far-away:1', 'here:1'])
  })

  test('and cannot be pulled is told about in words, once for each try, which come ever more seldom', async () => {
    const stage = await started({ settings })
    const hint = 'check the name'
    stage.docker.failNext('pull', new UserError('there is no image far-away:1', { hint }), 100)
    stage.enqueue('chrome')
    await stage.pass(30 * minute)
    const tries = stage.docker.calls.filter((call) => call === 'pull').length
    expect(tries).toBeGreaterThan(3)
    expect(tries).toBeLessThan(12)
    const told = stage.said.filter((line) => line.includes('cannot pull far-away:1: there is no image'))
    expect(told).toHaveLength(tries)
    expect(told[0]).toContain(hint)
  })

  test('and may not be pulled is told about with the setting to change', async () => {
    const stage = await started({ settings: { ...settings, images: { allow: ['*'], pull: 'never' } } })
    stage.enqueue('chrome')
    await stage.pass(minute)
    expect(stage.docker.calls).not.toContain('pull')
    expect(stage.said.join('\n')).toContain('images.pull: missing')
  })
})

describe('what the owner of the machine forbids', () => {
  test('an image beside the allow-list is never started, and that is told once for each try', async () => {
    const stage = await started({ settings: { images: { allow: ['something/else'] } } })
    stage.enqueue('2CPU2G')
    await stage.pass(minute)
    expect(stage.docker.calls).not.toContain('create')
    expect(stage.jenkins.calls).not.toContain('updateNode ann-1')
    const told = stage.said.filter((line) => line.includes(`the image ${stageImage} may not run`))
    expect(told.length).toBeLessThanOrEqual(3)
    expect(told[0]).toContain('images.allow')
  })

  test('the socket of the engine is mounted for no template that was not allowed to have it', async () => {
    const stage = await building()
    const targets = stage.docker.spec(stage.container.id).mounts.map(({ target }) => target)
    expect(targets).not.toContain('/var/run/docker.sock')
  })
})

function promise() {
  let resolve = () => {}
  return { promise: new Promise<void>((done) => (resolve = done)), resolve: () => resolve() }
}
