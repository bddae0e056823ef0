import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { z } from 'zod'
import { type LoadedConfig, loadConfig } from '../../core/config/load.ts'
import { type Shape, shapeOf } from '../../core/config/shape.ts'
import { shippedFile } from '../../core/package.ts'
import { tempDir } from './temp-dir.ts'

export interface ExampleConfig<Value> {
  example: string
  /** With every setting taken out of its comment. */
  uncommented: string
  load(text: string): Promise<LoadedConfig<Value>>
  /** The path of every setting that there is; of a list of sections those of its first item. */
  settings: string[]
}

/** A commented example that is shipped, such as `agent/agent.example.yaml`, and how it is read. */
export async function exampleConfig<Schema extends z.ZodType>(
  shipped: string,
  schema: Schema,
): Promise<ExampleConfig<z.output<Schema>>> {
  const example = await readFile(shippedFile(shipped), 'utf8')
  const fileName = basename(shipped).replace('.example', '')
  return {
    example,
    // A # that is followed by a word comments out a setting; one that is followed by a blank begins an explanation.
    uncommented: example.replace(/^(\s*)#(?=\S)/gm, '$1'),
    async load(text) {
      const path = join(await tempDir(), fileName)
      await writeFile(path, text)
      const exampleCommand = `footman ${basename(fileName, '.yaml')} config --example`
      return loadConfig({ schema, fileName, search: [], path, env: {}, exampleCommand })
    },
    settings: settingsOf(shapeOf(schema)),
  }
}

function settingsOf(shape: Shape, path = ''): string[] {
  if (shape.kind === 'section') {
    return [...shape.keys].flatMap(([key, inner]) => settingsOf(inner, path === '' ? key : `${path}.${key}`))
  }
  if (shape.kind === 'list' && shape.item.kind === 'section') return settingsOf(shape.item, `${path}[0]`)
  return [path]
}
