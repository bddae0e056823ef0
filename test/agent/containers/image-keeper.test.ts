import { expect, test } from 'vitest'
import { imageKeeper } from '../../../agent/containers/image-keeper.ts'
import { UserError } from '../../../core/errors.ts'
import { createLog } from '../../../core/log.ts'
import { fakeDocker } from '../../support/docker-fake.ts'

function bench(mayPull = true) {
  const engine = fakeDocker()
  const said: string[] = []
  const failures: string[] = []
  const power = new AbortController()
  const images: Record<string, string> = { one: 'here:1', two: 'far:1' }
  engine.addImage('here:1')
  const keeper = imageKeeper({
    engine,
    log: createLog({ sink: { write: (line) => said.push(line.trimEnd()) } }),
    images: () => images,
    mayPull,
    signal: power.signal,
    onFailure: (template) => failures.push(template),
  })
  return { engine, said, failures, power, images, keeper }
}

test('what is missing is told by template', async () => {
  const { images, keeper } = bench()
  expect(await keeper.missing()).toEqual(['two'])
  images.one = 'newer:1'
  expect(await keeper.missing()).toEqual(['one', 'two'])
})

test('a pull goes on in the background, once for all who ask, and its image is here afterwards', async () => {
  const { engine, said, keeper } = bench()
  keeper.pull('two')
  keeper.pull('two')
  await expect.poll(() => keeper.missing()).toEqual([])
  expect(engine.calls.filter((call) => call === 'pull')).toHaveLength(1)
  expect(said).toEqual(['pulling far:1', 'far:1 is here'])
})

test('a pull that failed is told with its cure, and may be tried again', async () => {
  const { engine, said, failures, keeper } = bench()
  engine.failNext('pull', new UserError('there is no image far:1', { hint: 'check its name' }))
  keeper.pull('two')
  await expect.poll(() => failures).toEqual(['two'])
  expect(said.at(-1)).toBe('warning: cannot pull far:1: there is no image far:1 (check its name)')
  keeper.pull('two')
  await expect.poll(() => keeper.missing()).toEqual([])
})

test('without leave to pull nothing is fetched, and the setting is named', async () => {
  const { engine, said, failures, keeper } = bench(false)
  keeper.pull('two')
  await expect.poll(() => failures).toEqual(['two'])
  expect(engine.calls).not.toContain('pull')
  expect(said.at(-1)).toContain('images.pull: missing')
})

test('a daemon that ends takes its pulls along, and complains of nothing', async () => {
  const { said, failures, power, keeper } = bench()
  keeper.pull('two')
  power.abort(new Error('the end'))
  await new Promise((resolve) => setTimeout(resolve, 10))
  expect([said, failures]).toEqual([['pulling far:1'], []])
})

test('a template that nobody configured is nobody’s to pull', () => {
  const { engine, keeper } = bench()
  keeper.pull('three')
  expect(engine.calls).toEqual([])
})
