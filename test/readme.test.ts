import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { agentCommands } from '../agent/commands/registry.ts'
import { agentConfigSchema } from '../agent/config/schema.ts'
import { jenkinsCommands } from '../jenkins/commands/registry.ts'
import { controllerConfigSchema } from '../jenkins/config/schema.ts'
import { libraryCommands } from '../library/commands/registry.ts'
import { keptSample, readmePath, sampleFiles, withGenerated } from './support/docs.ts'

const readme = await readFile(readmePath, 'utf8')

describe('README', () => {
  it('shows every setting and every step as the code has them; `npm run docs` brings it up to date', () => {
    expect(readme).toBe(withGenerated(readme))
    expect(readme).toContain('`poll.idle`')
    expect(readme).toContain('`upgrade.gate.soak`')
    expect(readme).toContain('[withEatMyData]')
  })

  it('links to pages of the library that are what the generator makes', async () => {
    expect(await keptSample()).toEqual(sampleFiles())
  })

  it('holds only examples of agent.yaml that are valid', () => {
    const examples = [...readme.matchAll(/```yaml\n([\s\S]*?)\n\s*```/g)]
      .map(([, text]) => text ?? '')
      .filter((text) => text.includes('controller:'))
    expect(examples.length).toBeGreaterThan(0)
    for (const example of examples) expect(agentConfigSchema.safeParse(parse(example)).error).toBeUndefined()
  })

  it('holds only examples of jenkins.yaml that are valid', () => {
    const examples = [...readme.matchAll(/```yaml\n(# jenkins\.yaml\n[\s\S]*?)\n\s*```/g)].map(
      ([, text]) => text ?? '',
    )
    expect(examples.length).toBeGreaterThan(0)
    for (const example of examples)
      expect(controllerConfigSchema.safeParse(parse(example)).error).toBeUndefined()
  })

  it('names only commands that exist', () => {
    const named = [...readme.matchAll(/footman (agent|library|jenkins) ([a-z-]+)/g)].map(
      ([, noun, verb]) => `${noun} ${verb}`,
    )
    const known = [...agentCommands, ...libraryCommands, ...jenkinsCommands].map(
      ({ noun, verb }) => `${noun} ${verb}`,
    )
    expect(named.filter((name) => !known.includes(name))).toEqual([])
  })

  it('names every verb that people use', () => {
    for (const { noun, verb } of agentCommands) {
      if (noun !== undefined && verb !== 'uninstall' && verb !== 'drain')
        expect(readme).toContain(`agent ${verb}`)
    }
    for (const { verb } of jenkinsCommands) expect(readme).toContain(`footman jenkins ${verb}`)
  })

  it('names only scripts that package.json has', async () => {
    const { scripts } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
    for (const [, name] of readme.matchAll(/npm run ([a-z:]+)/g)) expect(Object.keys(scripts)).toContain(name)
  })
})
