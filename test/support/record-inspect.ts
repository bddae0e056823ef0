import { mkdir, rm, writeFile } from 'node:fs/promises'
import { connectDockerHost } from '../../core/docker.ts'
import { inspectCases } from './inspect-cases.ts'
import { inspectStage } from './inspect-stage.ts'

/**
 * Records what the Docker Engine of this machine answers to inspect, for each way in which an admin may have made a controller's
 * container: `npx tsx test/support/record-inspect.ts` writes test/fixtures/inspect/*.json anew.
 */
const folder = new URL('../fixtures/inspect/', import.meta.url)
const prefix = 'rec'

const host = await connectDockerHost()
await rm(folder, { recursive: true, force: true })
await mkdir(folder, { recursive: true })
const stage = await inspectStage(host, prefix, '10.214')
try {
  const image = async (reference: string) => await host.inspectImage(reference)
  const { version, apiVersion } = await host.facts()
  await write('images', {
    engine: { version, apiVersion },
    old: await image(stage.images.old),
    new: await image(stage.images.new),
    bare: await image(stage.images.bare),
    other: (await host.inspect(`${prefix}-other`))?.Id,
  })
  for (const [name, how] of Object.entries(inspectCases)) {
    const id = await stage.make(`${prefix}-jenkins`, how)
    await write(name, await host.inspect(id))
    await host.remove(id, { volumes: true })
    console.log(name)
  }
} finally {
  await stage.clear()
  await rm(`/tmp/${prefix}-srv`, { recursive: true, force: true })
}

async function write(name: string, content: unknown): Promise<void> {
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(content, null, 2)}\n`)
}
