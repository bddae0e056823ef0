import { describe, expect, it } from 'vitest'
import { libraryConfigSchema } from '../../library/config.ts'
import { credentialVariables, type StepDefinition, variableOf } from '../../library/definition.ts'
import { planLibrary } from '../../library/engine.ts'
import { steps } from '../../library/registry.ts'
import { reservedNames } from '../../library/reserved-names.ts'
import { filesBeside, partsOf } from '../../library/step-parts.ts'
import { sampleCall } from '../../library/step-tests.ts'
import { loadTemplates } from '../../library/templates.ts'
import { fakes } from './fakes/registry.ts'

const templates = loadTemplates()
const { files } = planLibrary({
  steps,
  config: libraryConfigSchema.parse({}),
  templates,
  version: '0.0.0',
})

it('the registry is sorted, and no two names differ in capitals only', () => {
  const names = steps.map(({ name }) => name)
  expect(names).toEqual(names.toSorted())
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length)
})

describe.each(steps.map((definition) => [definition.name, definition] as const))('%s', (name, definition) => {
  const parts = partsOf(name, files)
  const part = (of: string) => parts.get(of)?.content ?? ''
  const parameters = Object.keys(definition.parameters)
  const own = shellOf(definition)

  it('has a name that Groovy and Jenkins leave free, and a summary of one line', () => {
    expect(name).toMatch(/^[a-z][A-Za-z0-9]*$/)
    expect(reservedNames.has(name)).toBe(false)
    for (const { summary } of [definition, ...Object.values(definition.parameters)]) {
      expect(summary).toMatch(/^[A-Z][^\n]*[^.\s]$/)
    }
  })

  it('names every parameter in its Groovy, help, page, schema and editor help, and no other', () => {
    const named = {
      groovy: between(part('groovy'), '        parameters: [', '\n        ],').matchAll(/^ {12}(\w+): \[/gm),
      help: between(part('help'), 'PARAMETERS', 'RETURNS').matchAll(/^ {2}(\w+) - /gm),
      docs: between(part('docs'), '## Parameters', '## Returns').matchAll(/^\| `(\w+)` \|/gm),
    }
    for (const matches of Object.values(named)) {
      expect([...matches].map(([, found]) => found)).toEqual(parameters)
    }
    expect(Object.keys(JSON.parse(part('schema')).properties)).toEqual(parameters)
    const gdsl = files.find(({ path }) => path === 'src/footman.gdsl')?.content ?? ''
    for (const parameter of parameters) expect(gdsl).toContain(`parameter(name: '${parameter}',`)
  })

  it('names every result in its Groovy, help and page, and its resource reports no other', () => {
    const returns = Object.keys(definition.returns)
    for (const result of returns) {
      expect(part('groovy')).toMatch(new RegExp(`returns: \\[[^\\]]*\\b${result}: `))
      expect(part('help')).toContain(`  ${result} - `)
      expect(part('docs')).toContain(`| \`${result}\` |`)
    }
    const reported = [...own.matchAll(/\bresult ([A-Za-z]\w*) /g)].map(([, result]) => String(result))
    expect([...new Set(reported)].toSorted()).toEqual(returns.toSorted())
  })

  it('uses every parameter in its resource, and no variable that is none', () => {
    const variables = Object.entries(definition.parameters).flatMap(([parameter, declared]) =>
      declared.type === 'credentials'
        ? credentialVariables[declared.kind].map((ending) => `${variableOf(parameter)}_${ending}`)
        : [variableOf(parameter)],
    )
    const used = new Set([...own.matchAll(/\bSTEP_[A-Z0-9_]+\b/g)].map(([variable]) => variable))
    const byPrelude = ['STEP_COMMAND', 'STEP_DRY_RUN']
    expect([...used].filter((variable) => !variables.includes(variable))).toEqual([])
    expect(variables.filter((variable) => !used.has(variable) && !byPrelude.includes(variable))).toEqual([])
  })

  it('defines the phases of its shape, and says what it would do', () => {
    const phases = [...own.matchAll(/^step_(\w+)\(\)/gm)].map(([, phase]) => phase)
    expect(phases).toContain('plan')
    if (definition.shape !== 'command') expect(phases).toContain('begin')
    else expect(phases).toContain('run')
  })

  it('has a parameter `command` of that type where its shape says so', () => {
    const command = definition.parameters.command
    if (definition.shape === 'both') expect(command?.type).toBe('command')
    if (definition.shape === 'block') expect(command).toBeUndefined()
  })

  it('has constraints only between parameters that exist, and whose being given can be told', () => {
    for (const constraint of definition.constraints ?? []) {
      const sides =
        constraint.kind === 'needs'
          ? [
              [constraint.parameter, constraint.equals],
              [constraint.needs, constraint.needsValue],
            ]
          : constraint.of.map((side) => [side, undefined])
      for (const [side, value] of sides) {
        if (side === 'body') continue
        const parameter = definition.parameters[String(side)]
        expect(parameter, String(side)).toBeDefined()
        const hasDefault = parameter && 'default' in parameter && parameter.default !== undefined
        expect(value !== undefined || !hasDefault, `${String(side)} has a default`).toBe(true)
      }
    }
  })

  it('has a call that it accepts', () => {
    expect(sampleCall(definition)).toBeDefined()
  })

  it('finds its further files where its resource looks for them', () => {
    for (const path of filesBeside(parts).keys()) expect(own).toContain(path.split('/')[0])
  })

  it('shows examples of itself in both dialects', () => {
    for (const { declarative, scripted } of definition.examples) {
      expect(declarative).toContain(name)
      expect(scripted).toContain(name)
      // A Declarative Pipeline takes no definitions among its steps.
      expect(declarative).not.toMatch(/^\s*(def|if|for) /m)
    }
  })

  it('has stand-ins for the tools that it calls', () => {
    const always = definition.tools.filter(({ when }) => when === undefined).map(({ program }) => program)
    expect(Object.keys(fakes[name]?.tools ?? {})).toEqual(expect.arrayContaining(always))
    expect(fakes[name]?.cases.length).toBeGreaterThan(0)
  })
})

it('every file is plain text with line feeds, under a path that every system can have', () => {
  const isPlain = (content: string) => content.endsWith('\n') && !/\r|\t| +$/m.test(content)
  expect(files.filter(({ content }) => !isPlain(content)).map(({ path }) => path)).toEqual([])
  expect(files.filter(({ path }) => !/^[A-Za-z0-9_./-]+$/.test(path))).toEqual([])
  const lower = files.map(({ path }) => path.toLowerCase())
  expect(new Set(lower).size).toBe(lower.length)
})

it('everything that Jenkins reads is pure ASCII', () => {
  const read = files.filter(({ path }) => /^(vars|src|resources)\//.test(path))
  expect(read.length).toBeGreaterThan(0)
  expect(read.filter(({ content }) => !/^[\n -~]*$/.test(content)).map(({ path }) => path)).toEqual([])
})

it('every file that is about a step or the library says what made it', () => {
  const silent = files.filter(({ path, of }) => !of?.part.includes('/') && !/^test\/(harness|run)/.test(path))
  expect(
    silent.filter(({ content }) => !content.includes('Generated by footman')).map(({ path }) => path),
  ).toEqual([])
})

/** What the step itself brings: its functions, and the shared ones that it uses. */
function shellOf({ name, uses = [] }: StepDefinition): string {
  return [`resources/${name}`, ...uses.map((use) => `resources/lib/${use}`)]
    .map((path) => templates.text(`${path}.sh`) ?? templates.text(`${path}.sh.hbs`) ?? '')
    .join('\n')
}

function between(text: string, start: string, end: string): string {
  const from = text.indexOf(start)
  return text.slice(from, text.indexOf(end, from))
}
