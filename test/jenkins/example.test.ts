import { expect, it } from 'vitest'
import { describeConfig } from '../../core/config/describe.ts'
import { checkControllerConfig } from '../../jenkins/config/check.ts'
import { controllerConfigSchema } from '../../jenkins/config/schema.ts'
import { exampleConfig } from '../support/example-config.ts'

const { example, uncommented, load, settings } = await exampleConfig(
  'jenkins/jenkins.example.yaml',
  controllerConfigSchema,
)

it('the example is valid as it is, and changes nothing', async () => {
  expect((await load(example)).value).toEqual(controllerConfigSchema.parse({}))
})

it('the example is valid with every setting taken out of its comment, and goes together but for the image', async () => {
  const { value } = await load(uncommented)
  expect(checkControllerConfig(value).map(({ severity, path }) => `${severity} ${path}`)).toEqual([
    'warning image',
  ])
})

it('the example mentions every setting', async () => {
  const given = describeConfig(await load(uncommented))
    .filter(({ source }) => source !== 'default')
    .map(({ path }) => path)
  const missing = settings.filter(
    (setting) => !given.some((path) => path === setting || path.startsWith(`${setting}.`)),
  )
  expect(missing).toEqual([])
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
  expect(different).toEqual(['env', 'build.plugins', 'notify.webhooks'])
})
