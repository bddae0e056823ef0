import { describe, expect, test } from 'vitest'
import { UserError } from '../../../core/errors.ts'
import { preflightBench } from '../../support/preflight-bench.ts'

describe('the engine', () => {
  test('that is away is named with how to start it', async () => {
    const { docker, run } = preflightBench()
    docker.setAway(true)
    const { passed, outcomes } = await run()
    expect(passed).toBe(false)
    expect(outcomes.find(({ name }) => name === 'engine')).toEqual({
      name: 'engine',
      result: 'fail',
      isTransient: true,
      finding: 'the container engine does not answer',
      cure: 'start it',
    })
    expect(outcomes.find(({ name }) => name === 'limits')?.result).toBe('skipped')
  })

  test('that nobody found fails in the words of the search', async () => {
    const engine = new UserError('there is no container engine', { hint: 'install Docker' })
    const { outcome } = preflightBench({}, { engine })
    expect(await outcome('engine')).toMatchObject({
      finding: 'there is no container engine',
      cure: 'install Docker',
    })
  })

  test('that does not enforce limits is a warning', async () => {
    const { options, outcome } = preflightBench()
    const { engine } = options
    if (engine instanceof Error) throw engine
    const info = await engine.info()
    engine.info = async () => ({
      ...info,
      rootless: true,
      enforces: { cpu: false, memory: true, pids: true },
    })
    expect(await outcome('limits')).toMatchObject({
      result: 'warn',
      finding: expect.stringContaining('limits of cpu'),
      cure: expect.stringContaining('delegate'),
    })
  })

  test.each([
    'http://localhost:8080/jenkins/',
    'http://127.0.0.1:8080/jenkins/',
    'http://[::1]:8080/jenkins/',
  ])('cannot reach %s from inside a container', async (url) => {
    const { outcome } = preflightBench({ controller: { url } })
    expect(await outcome('way back')).toMatchObject({
      result: 'fail',
      cure: expect.stringContaining('http://host.docker.internal:8080/jenkins/'),
    })
  })

  test('reaches a controller on this machine through agentUrl, or on the network of the host', async () => {
    const url = 'http://localhost:8080/'
    const agentUrl = 'http://host.docker.internal:8080/'
    expect(await preflightBench({ controller: { url, agentUrl } }).outcome('way back')).toMatchObject({
      result: 'ok',
    })
    const templates = [{ name: 'default', network: 'host' }]
    expect(await preflightBench({ controller: { url }, templates }).outcome('way back')).toMatchObject({
      result: 'ok',
    })
  })
})

describe('images', () => {
  const image = 'registry.test/agent:1'
  const own = { templates: [{ name: 'default', image }], images: { allow: ['registry.test/*'] } }

  test('that are missing are fetched', async () => {
    const { docker, outcome } = preflightBench(own)
    expect((await outcome(`image ${image}`))?.result).not.toBe('fail')
    expect(docker.calls).toContain('pull')
  })

  test('that cannot be fetched fail with the reason', async () => {
    const { docker, outcome } = preflightBench(own)
    docker.failNext('pull', new UserError('registry.test knows no agent:1', { hint: 'check the name' }))
    expect(await outcome(`image ${image}`)).toEqual({
      name: `image ${image}`,
      result: 'fail',
      finding: 'registry.test knows no agent:1',
      cure: 'check the name',
    })
  })

  test('that are missing and may not be fetched fail', async () => {
    const { docker, outcome } = preflightBench({ ...own, images: { ...own.images, pull: 'never' } })
    expect(await outcome(`image ${image}`)).toMatchObject({
      result: 'fail',
      cure: expect.stringContaining('docker pull'),
    })
    expect(docker.calls).not.toContain('pull')
  })

  test('are left alone when nobody wants them fetched now', async () => {
    const { docker, outcome } = preflightBench(own, { pull: false })
    expect(await outcome(`image ${image}`)).toMatchObject({ result: 'warn' })
    expect(docker.calls).not.toContain('pull')
  })

  test('that the owner does not allow are refused', async () => {
    const { run } = preflightBench({ templates: own.templates })
    const { passed, outcomes } = await run()
    expect(passed).toBe(false)
    expect(outcomes.find(({ name }) => name === `image ${image}`)).toMatchObject({
      result: 'fail',
      cure: `add ${image} to images.allow`,
    })
  })

  test('for another architecture are a warning', async () => {
    const { docker, outcome } = preflightBench(own)
    docker.addImage(image, { arch: 'arm64' })
    expect(await outcome(`image ${image}`)).toMatchObject({
      result: 'warn',
      finding: expect.stringContaining('linux/arm64, the engine runs linux/amd64'),
    })
  })
})
