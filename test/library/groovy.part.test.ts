// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they belong to bash and Groovy
import { copyFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { steps } from '../../library/registry.ts'
import { stepTests } from '../../library/step-tests.ts'
import { type BenchCase, runBench } from './harness/bench.ts'
import { compileGroovy, runGroovy, writeTestLibrary } from './harness/groovy.ts'
import { hostileValues } from './hostile-values.ts'
import { sampleStep, sampleTemplates } from './sample-step.ts'

describe('the library of all steps', () => {
  let library = ''
  beforeAll(async () => {
    library = await writeTestLibrary()
  })
  afterAll(() => rm(library, { recursive: true, force: true }))

  it('compiles with the Groovy of Jenkins, examples and tests included', async () => {
    const names = await readdir(library, { recursive: true })
    // A test has the name of its step, so they are compiled apart.
    for (const part of [/^(vars|src)\/.*[.](groovy|gdsl)$/, /^test\/.*[.]groovy$/]) {
      const files = names.filter((name) => part.test(name)).map((name) => join(library, name))
      expect(files.length).toBeGreaterThan(steps.length)
      expect(await compileGroovy(library, files)).toBe('')
    }
    const examples = names.filter((name) => name.endsWith('Jenkinsfile'))
    expect(examples).toHaveLength(2 * steps.length)
    const copies = examples.map((name) => join(library, `${name.replaceAll(/\W/g, '_')}.groovy`))
    for (const [index, name] of examples.entries()) await copyFile(join(library, name), String(copies[index]))
    expect(await compileGroovy(library, copies)).toBe('')
  })

  it('passes the tests that come with it: Groovy refuses and takes what footman does, in the same words', async () => {
    const { exitCode, stdout, stderr } = await runGroovy(library, join(library, 'test/run.groovy'), [])
    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0, stderr: '' })
    const count = steps
      .map(stepTests)
      .reduce((sum, { accepted, refused }) => sum + accepted.length + refused.length, 0)
    expect(stdout).toContain(`${count} passed, 0 failed`)
  })
})

describe('a step with a parameter of every kind', () => {
  let library = ''
  beforeAll(async () => {
    library = await writeTestLibrary(
      [sampleStep],
      { prefix: 'acme', package: 'com.acme.lib' },
      sampleTemplates(),
    )
  })
  afterAll(() => rm(library, { recursive: true, force: true }))

  const play = (cases: readonly Partial<BenchCase>[]) =>
    runBench(
      library,
      cases.map((item, index) => ({
        title: `case ${index}`,
        step: 'acmeSampleStep',
        tools: {},
        aborts: false,
        parameters: { command: 'true', word: 'w' },
        ...item,
      })),
    )

  it('passes its own tests under a prefix and another package', async () => {
    const { exitCode, stdout, stderr } = await runGroovy(library, join(library, 'test/run.groovy'), [])
    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^\d{2,} passed, 0 failed\n$/)
  })

  it('returns what its resource reports, in the types that it declares, and prints one line', async () => {
    const [result] = await play([
      { parameters: { word: 'hällo $HOME %24', mode: 'loud', command: 'echo said' } },
    ])
    expect(result).toMatchObject({
      ended: 'well',
      value: { said: 'hällo $HOME %24', count: 3, wasLoud: true, lines: ['a'] },
    })
    expect(result?.log.filter((line) => line.startsWith('acmeSampleStep:'))).toEqual([
      'acmeSampleStep: said it',
    ])
    expect(result?.log).toContain('said')
  })

  it('hands hostile values through Groovy, Jenkins and bash byte for byte', async () => {
    const [command] = hostileValues({ type: 'command', summary: '' }).taken
    const words = Array.isArray(command) ? command.slice(1) : []
    const { taken } = hostileValues(sampleStep.parameters.word ?? { type: 'command', summary: '' })
    const cases = taken.map((word) => ({ parameters: { word, command: 'true' } }))
    const results = await play([
      ...cases,
      { parameters: { word: 'w', command: ['printf', '<%s>\\n', ...words] } },
    ])
    expect(results.slice(0, -1).map(({ value }) => value)).toEqual(
      taken.map((said) => expect.objectContaining({ said })),
    )
    expect(results.at(-1)?.log.slice(0, -1).join('\n')).toBe(words.map((word) => `<${word}>`).join('\n'))
    expect(results.every(({ ended }) => ended === 'well')).toBe(true)
  })

  it('binds credentials around the shell alone, and never puts them into arguments', async () => {
    const [result] = await play([
      {
        parameters: { word: 'w', login: 'the-login', command: 'env | grep -c STEP_LOGIN || true' },
        credentials: { 'the-login': { username: 'ann', password: 's3cret' } },
      },
    ])
    expect(result).toMatchObject({ ended: 'well' })
    expect(result?.log[0]).toBe('0')
    expect(result?.calls.join('\n')).toContain(
      "usernamePassword(credentialsId: 'the-login', usernameVariable: 'STEP_LOGIN_USER'",
    )
    expect(result?.calls.join('\n')).not.toContain('s3cret')
    const end = result?.calls.findIndex((line) => line.includes('CALL_PHASE=end')) ?? -1
    expect(result?.calls.slice(end).join('\n')).not.toContain('withCredentials')
  })

  it('gives its body variables and results, and shell of the body sees no parameter', async () => {
    const [result] = await play([
      { parameters: { word: 'w' }, body: 'echo "$SAMPLE_WORD"; env | grep -c "^STEP_\\|^CALL_" || true' },
    ])
    expect(result).toMatchObject({ ended: 'well', value: { said: 'w' } })
    expect(result?.log).toEqual(expect.arrayContaining(['said', '0']))
  })

  it('ends as a failing command or body ends, and releases everything', async () => {
    const results = await play([
      { parameters: { word: 'w', command: 'exit 3' } },
      { parameters: { word: 'w' }, body: 'exit 4' },
    ])
    const nothing = { held: [], temporary: [], processes: [] }
    expect(results.map(({ ended, left }) => ({ ended, left }))).toEqual([
      { ended: 'AbortException: script returned exit code 3', left: nothing },
      { ended: 'AbortException: script returned exit code 4', left: nothing },
    ])
  })

  it('says what it would do with dryRun, and runs neither command nor body', async () => {
    const results = await play([
      { parameters: { word: 'w', command: 'echo never', dryRun: true } },
      { parameters: { word: 'w', dryRun: true }, body: 'echo never' },
    ])
    for (const { ended, value, log } of results) {
      expect({ ended, value }).toEqual({ ended: 'well', value: {} })
      expect(log.join('\n')).toContain('acmeSampleStep: would say w')
      expect(log).not.toContain('never')
    }
  })

  it('is told of outdated names in the log', async () => {
    const [result] = await play([{ parameters: { word: 'w', command: 'true', things: ['x', 'y'] } }])
    expect(result).toMatchObject({ ended: 'well', value: { lines: ['x', 'y'] } })
    expect(result?.log).toContain("acmeSampleStep: 'things' is now called 'items'")
  })
})
