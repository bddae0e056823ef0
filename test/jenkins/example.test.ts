import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { describeConfig } from '../../core/config/describe.ts'
import { loadConfig } from '../../core/config/load.ts'
import { type Shape, shapeOf } from '../../core/config/shape.ts'
import { shippedFile } from '../../core/package.ts'
import { checkControllerConfig } from '../../jenkins/config/check.ts'
import { controllerConfigSchema } from '../../jenkins/config/schema.ts'
import { tempDir } from '../support/temp-dir.ts'

const example = await readFile(shippedFile('jenkins/jenkins.example.yaml'), 'utf8')
/** A # that is followed by a word comments out a setting; one that is followed by a blank begins an explanation. */
const uncommented = example.replace(/^(\s*)#(?=\S)/gm, '$1')

async function load(text: string) {
  const path = join(await tempDir(), 'jenkins.yaml')
  await writeFile(path, text)
  return loadConfig({
    schema: controllerConfigSchema,
    fileName: 'jenkins.yaml',
    search: [],
    path,
    env: {},
    exampleCommand: 'footman jenkins config --example',
  })
}

function settings(shape: Shape, path = ''): string[] {
  if (shape.kind === 'section') {
    return [...shape.keys].flatMap(([key, inner]) => settings(inner, path === '' ? key : `${path}.${key}`))
  }
  if (shape.kind === 'list' && shape.item.kind === 'section') return settings(shape.item, `${path}[0]`)
  return [path]
}

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
  const missing = settings(shapeOf(controllerConfigSchema)).filter(
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
