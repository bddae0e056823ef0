import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type LibraryConfigInput, libraryConfigSchema } from '../../library/config.ts'
import { type LibraryPlan, planLibrary } from '../../library/engine.ts'
import { partsOf } from '../../library/step-parts.ts'
import { sampleStep, sampleTemplates } from './sample-step.ts'

const other = {
  ...sampleStep,
  name: 'withOther',
  files: ['other/Dockerfile.hbs', 'other/plain.txt'],
  uses: ['shared'],
}

function plan(
  config: LibraryConfigInput = {},
  overrides: Readonly<Record<string, string>> = {},
): LibraryPlan {
  return planLibrary({
    steps: [other, sampleStep],
    config: libraryConfigSchema.parse(config),
    templates: sampleTemplates({
      'resources/withOther.sh.hbs': 'step_plan() { plan "{{name}} {{organisation.registry}} \\{{.Go}}"; }\n',
      'resources/lib/shared.sh': 'shared() { :; }\n',
      'resources/other/Dockerfile.hbs': 'FROM {{organisation.registry}}/base\n',
      'resources/other/plain.txt': "docker inspect --format '{{.Id}}'\n",
      ...overrides,
    }),
    version: '1.2.3',
  })
}

const contentOf = ({ files }: LibraryPlan, path: string) =>
  files.find((file) => file.path === path)?.content ?? ''

it('makes every part of every step, and what the library has once', () => {
  const paths = plan().files.map(({ path }) => path)
  expect(paths).toEqual(paths.toSorted())
  expect(paths).toEqual(
    expect.arrayContaining([
      '.gitattributes',
      'docs/CHANGELOG.md',
      'docs/README.md',
      'docs/configuration-as-code.yaml',
      'docs/sampleStep.md',
      'examples/sampleStep.Jenkinsfile',
      'examples/sampleStep.scripted.Jenkinsfile',
      'resources/io/footman/library/sampleStep.sh',
      'resources/io/footman/library/withOther/other/Dockerfile',
      'schema/sampleStep.json',
      'src/footman.gdsl',
      'src/io/footman/library/StepCall.groovy',
      'test/harness/Pipeline.groovy',
      'test/sampleStep.groovy',
      'vars/sampleStep.groovy',
      'vars/sampleStep.txt',
    ]),
  )
})

it('gives the same bytes every time, in whatever order the configuration was written', () => {
  const config = {
    prefix: 'acme',
    steps: ['sampleStep', 'withOther'],
    organisation: { registry: 'r.local', images: { sample: 'a', second: 'b' } },
    defaults: { sampleStep: { times: 4, variables: { B: 'x', A: 'y' } }, withOther: { times: 5 } },
  }
  const wanted = plan(config)
  expect(plan(config)).toEqual(wanted)
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat(1000)), (numbers) => {
      expect(plan(shuffled(config, numbers) as LibraryConfigInput)).toEqual(wanted)
    }),
    { numRuns: 10 },
  )
  expect(plan({ ...config, prefix: 'other' }).configHash).not.toBe(wanted.configHash)
})

it('holds neither the time nor anything of this machine', () => {
  for (const { path, content } of plan().files) {
    if (path.startsWith('test/harness/')) continue
    expect(content, path).not.toContain(process.cwd())
    expect(content, path).not.toMatch(/20[2-9]\d-\d\d-\d\d/)
  }
})

describe('names', () => {
  const acme = plan({ prefix: 'acme', package: 'com.acme.jenkins' })

  it('a prefix reaches files, calls, examples and pages, whole words only', () => {
    expect(contentOf(acme, 'examples/acmeSampleStep.Jenkinsfile')).toContain("acmeSampleStep(word: 'hello'")
    expect(contentOf(acme, 'docs/README.md')).toContain('[acmeSampleStep](acmeSampleStep.md)')
    expect(contentOf(acme, 'vars/acmeSampleStep.groovy')).toContain("name: 'acmeSampleStep'")
    const texts = acme.files
      .filter(({ path }) => /^(examples|vars|docs)/.test(path))
      .map(({ content }) => content)
    expect(texts.join('\n').match(/(?<!step |run )\bsampleStep\b/g)).toBeNull()
  })

  it('a package is the folder of classes and resources, and what Groovy imports', () => {
    expect(contentOf(acme, 'src/com/acme/jenkins/StepCall.groovy')).toContain('package com.acme.jenkins\n')
    const groovy = contentOf(acme, 'vars/acmeSampleStep.groovy')
    expect(groovy).toContain('import com.acme.jenkins.StepCall')
    expect(groovy).toContain("resource: 'com/acme/jenkins/acmeSampleStep.sh'")
  })
})

describe('resources', () => {
  const shell = contentOf(
    plan({ organisation: { registry: 'r.local:5000' } }),
    'resources/io/footman/library/withOther.sh',
  )

  it('are whole by themselves: prelude, shared functions, the step, its checks', () => {
    const order = [
      '#!/usr/bin/env bash',
      'set -euo pipefail',
      'supervise()',
      'shared()',
      'step_plan() { plan "withOther',
      'check_parameters() {',
      'main\n',
    ]
    const places = order.map((text) => shell.indexOf(text))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(places).not.toContain(-1)
  })

  it('may be templates, whose Go braces survive', () => {
    expect(shell).toContain('step_plan() { plan "withOther r.local:5000 {{.Go}}"; }')
  })

  it('come with their further files, rendered or byte for byte', () => {
    const parts = partsOf('withOther', plan({ organisation: { registry: 'r.local:5000' } }).files)
    expect(parts.get('other/Dockerfile')?.content).toBe('FROM r.local:5000/base\n')
    expect(parts.get('other/plain.txt')?.content).toBe("docker inspect --format '{{.Id}}'\n")
  })

  it('name parameters, bound credentials and secrets for the prelude', () => {
    expect(shell).toContain("readonly bound='LOGIN_USER LOGIN_PASSWORD'")
    expect(shell).toContain('readonly secrets=password')
    expect(shell).toMatch(/readonly parameters='COMMAND WORD .* DRY_RUN'/)
  })
})

it('a template of the user takes the place of ours, for all steps or for one', () => {
  const overrides = {
    'help/sampleStep.txt.hbs': 'Mine: {{name}}\n',
    'docs/changelog.md.hbs': 'Ours {{version}}\n',
  }
  const own = plan({}, overrides)
  expect(contentOf(own, 'vars/sampleStep.txt')).toBe('Mine: sampleStep\n')
  expect(contentOf(own, 'vars/withOther.txt')).toContain('PARAMETERS')
  expect(contentOf(own, 'docs/CHANGELOG.md')).toBe('Ours 1.2.3\n')
})

it('the change log tells of every version, the newest first', () => {
  const log = contentOf(plan(), 'docs/CHANGELOG.md')
  expect(log.indexOf('## 0.0.2')).toBeLessThan(log.indexOf('## 0.0.1'))
  expect(log).toContain('- sampleStep: mode can be loud')
  expect(log).toContain('- withOther: new. Show a parameter of every kind.')
})

it('Configuration as Code attaches the library, as YAML reads it', () => {
  const library = {
    name: 'ours',
    remote: 'git@git.example.com:a/b.git',
    version: 'v1 # not a comment',
    credentialsId: 'read: "it"',
    folder: 'build/library',
  }
  const casc = parse(contentOf(plan({ library }), 'docs/configuration-as-code.yaml'))
  expect(casc.unclassified.globalUntrustedLibraries.libraries).toEqual([
    {
      name: 'ours',
      defaultVersion: 'v1 # not a comment',
      allowVersionOverride: true,
      implicit: false,
      includeInChangesets: false,
      retriever: {
        modernSCM: {
          libraryPath: 'build/library/',
          scm: { git: { remote: library.remote, credentialsId: 'read: "it"' } },
        },
      },
    },
  ])
})

function shuffled(value: unknown, numbers: Iterator<number>): unknown {
  if (Array.isArray(value)) return shuffle(value, numbers)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, shuffled(item, numbers)] as const)
  return Object.fromEntries(shuffle(entries, numbers))
}

function shuffle<Item>(items: readonly Item[], numbers: Iterator<number>): Item[] {
  return items
    .map((item) => ({ item, order: Number(numbers.next().value) }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item)
}
