import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkAgentConfig } from '../../agent/config/check.ts'
import { agentConfigSchema } from '../../agent/config/schema.ts'
import { describeConfig } from '../../core/config/describe.ts'
import { loadConfig } from '../../core/config/load.ts'
import { type Shape, shapeOf } from '../../core/config/shape.ts'
import { shippedFile } from '../../core/package.ts'
import { tempDir } from '../support/temp-dir.ts'

const example = await readFile(shippedFile('agent/agent.example.yaml'), 'utf8')
/** A # that is followed by a word comments out a setting; one that is followed by a blank begins an explanation. */
const uncommented = example.replace(/^(\s*)#(?=\S)/gm, '$1')

async function load(text: string) {
  const path = join(await tempDir(), 'agent.yaml')
  await writeFile(path, text)
  return loadConfig({
    schema: agentConfigSchema,
    fileName: 'agent.yaml',
    search: [],
    path,
    env: {},
    exampleCommand: 'footman agent config --example',
  })
}

function settings(shape: Shape, path = ''): string[] {
  if (shape.kind === 'section') {
    return [...shape.keys].flatMap(([key, inner]) => settings(inner, path === '' ? key : `${path}.${key}`))
  }
  if (shape.kind === 'list' && shape.item.kind === 'section') return settings(shape.item, `${path}[0]`)
  return [path]
}

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
  for (const setting of settings(shapeOf(agentConfigSchema))) {
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
