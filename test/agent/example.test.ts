import { expect, it } from 'vitest'
import { checkAgentConfig } from '../../agent/config/check.ts'
import { agentConfigSchema } from '../../agent/config/schema.ts'
import { describeConfig } from '../../core/config/describe.ts'
import { exampleConfig } from '../support/example-config.ts'

const { example, uncommented, load, settings } = await exampleConfig(
  'agent/agent.example.yaml',
  agentConfigSchema,
)

it('the example is valid as it is, and changes nothing but the controller', async () => {
  const { value } = await load(example)
  const { controller, ...rest } = value
  const { controller: _, ...defaults } = agentConfigSchema.parse({
    controller: { url: 'https://jenkins.example.com/', user: 'ann', token: 'file:~/.config/footman/token' },
  })
  expect(rest).toEqual(defaults)
  expect(controller.url).toBe('https://jenkins.example.com/')
})

it('the example is valid with every setting taken out of its comment, and goes together', async () => {
  const { value } = await load(uncommented)
  expect(checkAgentConfig(value, { cpus: 8, memoryBytes: 16 * 2 ** 30 })).toEqual([])
})

it('the example mentions every setting', async () => {
  const given = describeConfig(await load(uncommented))
    .filter(({ source }) => source !== 'default')
    .map(({ path }) => path)
  for (const setting of settings) {
    expect(given.some((path) => path === setting || path.startsWith(`${setting}.`))).toBe(true)
  }
})

it('the example shows defaults where a setting has one that can be written down', async () => {
  const shown = new Map(describeConfig(await load(uncommented)).map(({ path, value }) => [path, value]))
  const defaults = describeConfig(await load(example)).filter(({ source }) => source === 'default')
  const different = defaults
    .filter(
      ({ path, value }) => value !== undefined && JSON.stringify(shown.get(path)) !== JSON.stringify(value),
    )
    .map(({ path }) => path)
  // Empty by default: an example says more than an empty list.
  expect(different).toEqual([
    'machine.features',
    'templates[0].features',
    'templates[0].env',
    'templates[0].extraHosts',
    'policy.hours',
  ])
})
