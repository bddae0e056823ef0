import { describe, expect, it } from 'vitest'
import { type LibraryConfigInput, libraryConfigSchema } from '../../library/config.ts'
import type { StepDefinition } from '../../library/definition.ts'
import { libraryName, resolveSteps } from '../../library/resolve.ts'
import { sampleStep } from './sample-step.ts'

const named = (name: string): StepDefinition => ({ ...sampleStep, name })
const steps = [named('withB'), sampleStep, named('withA')]
const resolve = (config: LibraryConfigInput, from = steps) =>
  resolveSteps(from, libraryConfigSchema.parse(config))
const names = (config: LibraryConfigInput) => resolve(config).map(({ definition }) => definition.name)

describe('which steps', () => {
  it('all of them, sorted by name, unless something else is said', () => {
    expect(names({})).toEqual(['sampleStep', 'withA', 'withB'])
    expect(names({ steps: ['withB', 'withA'] })).toEqual(['withA', 'withB'])
    expect(names({ exclude: ['withA'] })).toEqual(['sampleStep', 'withB'])
    expect(names({ steps: ['withB', 'withA'], exclude: ['withA'] })).toEqual(['withB'])
  })

  it.each([
    [{ steps: ['withAA'] }, 'steps: there is no step withAA'],
    [{ exclude: ['withAA'] }, 'exclude: there is no step withAA'],
    [{ defaults: { withAA: {} } }, 'defaults: there is no step withAA'],
  ])('a name that is none is an error with what was meant', (config, message) => {
    expect(() => resolve(config)).toThrow(message)
    try {
      resolve(config)
    } catch (error) {
      expect(error).toMatchObject({ hint: 'did you mean withA?' })
    }
  })

  it('a library without steps is refused', () => {
    expect(() => resolve({ steps: ['withA'], exclude: ['withA'] })).toThrow('would have no steps')
  })
})

describe('under which name', () => {
  it('a prefix stands before the name', () => {
    expect(libraryName('acme', 'withA')).toBe('acmeWithA')
    expect(names({ prefix: 'acme' })).toEqual(['acmeSampleStep', 'acmeWithA', 'acmeWithB'])
  })

  it('names that Jenkins or Groovy have are refused', () => {
    expect(() => resolve({}, [named('checkout')])).toThrow('checkout would hide what Jenkins or Groovy call')
    expect(() => resolve({ prefix: 'with' }, [named('env')])).toThrow('withEnv would hide')
  })

  it('names that differ in capitals only are refused', () => {
    expect(() => resolve({}, [named('withAb'), named('withAB')])).toThrow('the same name but for capitals')
  })
})

describe('with which defaults', () => {
  const parametersOf = (config: LibraryConfigInput) =>
    resolve(config, [sampleStep])[0]?.definition.parameters ?? {}

  it('the organisation may give them, and a step by name more precisely', () => {
    expect(parametersOf({})).toMatchObject({ times: { default: 3 } })
    expect(parametersOf({})?.image).not.toHaveProperty('default')
    const organisation = { images: { sample: 'registry.local/sample:1' } }
    expect(parametersOf({ organisation })).toMatchObject({ image: { default: 'registry.local/sample:1' } })
    const defaults = { sampleStep: { image: 'other:2', times: 5, items: ['x', 'y'] } }
    expect(parametersOf({ organisation, defaults })).toMatchObject({
      image: { default: 'other:2' },
      times: { default: 5 },
      items: { default: ['x', 'y'] },
    })
  })

  it('what has a default is no longer required', () => {
    const parameters = parametersOf({ defaults: { sampleStep: { word: 'hello' } } })
    expect(parameters.word).toMatchObject({ default: 'hello' })
    expect(parameters.word).not.toHaveProperty('required')
  })

  it.each([
    [{ tims: 5 }, 'defaults.sampleStep.tims: sampleStep has no such parameter'],
    [{ times: 50 }, "'defaults.sampleStep.times' must be a whole number from 1 to 9, but it is 50"],
    [{ command: 'true' }, 'a command has no default'],
    [{ password: 'x\ny' }, "'defaults.sampleStep.password' must be one line that does not begin with a dash"],
  ])('%j is refused as the step itself would', (sample, message) => {
    expect(() => parametersOf({ defaults: { sampleStep: sample } })).toThrow(message)
  })

  it('a refused secret is not shown', () => {
    expect(() => parametersOf({ defaults: { sampleStep: { password: '-secret' } } })).toThrow(
      /^(?!.*-secret)/,
    )
  })
})
