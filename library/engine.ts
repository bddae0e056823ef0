import { createHash } from 'node:crypto'
import type { LibraryConfig } from './config.ts'
import type { StepDefinition } from './definition.ts'
import { headerOf } from './header.ts'
import { type Context, createRenderer, type Render, type TemplateSource } from './render.ts'
import { compare, type ResolvedStep, resolveSteps } from './resolve.ts'
import { stepResource } from './resource.ts'
import { stepSchema } from './schema.ts'
import { stepTests } from './step-tests.ts'
import { groovyDefinition, stepView } from './views.ts'

/** One file of the library, as it is to be. */
export interface PlannedFile {
  /** Below the output folder, with forward slashes. */
  path: string
  content: string
  /** A file of that name that is not ours stays as it is, instead of being an error. */
  yields?: true
  /** The step that it is about, by footman's name, and which part of that step it is. */
  of?: { step: string; part: string }
}

export interface LibraryPlan {
  files: readonly PlannedFile[]
  /** Changes with everything that the configuration says. */
  configHash: string
}

export interface PlanRequest {
  steps: readonly StepDefinition[]
  config: LibraryConfig
  templates: TemplateSource
  /** Of footman. */
  version: string
}

/**
 * Everything that a library consists of, in the order of the paths: the same request gives the same bytes, on every
 * machine, in whatever order the configuration was written. Throws ConfigError when the configuration asks for what
 * cannot be.
 */
export function planLibrary(request: PlanRequest): LibraryPlan {
  const { config, templates, version } = request
  const resolved = resolveSteps(request.steps, config)
  const desk: Desk = {
    ...request,
    resolved,
    render: createRenderer(templates),
    folder: config.package.replaceAll('.', '/'),
    rename: renamer(resolved),
    header: (about) => headerOf(version, about),
  }
  const files = [...resolved.flatMap((step) => stepFiles(step, desk)), ...commonFiles(desk)]
  return {
    files: files.toSorted((a, b) => compare(a.path, b.path)),
    configHash: createHash('sha256')
      .update(JSON.stringify(sorted(config)))
      .digest('hex'),
  }
}

/** What everything below shares. */
interface Desk extends PlanRequest {
  resolved: readonly ResolvedStep[]
  render: Render
  /** The package as a path. */
  folder: string
  /** Puts the library's names in place of footman's. */
  rename: (text: string) => string
  header: (about: string) => string
}

function stepFiles(step: ResolvedStep, desk: Desk): PlannedFile[] {
  const { config, folder, render, templates } = desk
  const { origin, definition } = step
  const { name } = definition
  const header = desk.header(`the step ${origin}`)
  const view = stepView(step, desk.rename, header)
  const own = (kind: string, ending: string) => {
    const special = `${kind}/${origin}.${ending}.hbs`
    return templates.text(special) === undefined ? `${kind}/step.${ending}.hbs` : special
  }
  const files = (definition.files ?? []).map((file) => ({
    template: file,
    path: file.replace(/[.]hbs$/, ''),
  }))
  const resource = (path: string) => `${folder}/${path}`
  const groovy = groovyDefinition(definition, {
    step: resource(`${name}.sh`),
    files: files.map(({ path }) => ({ resource: resource(`${name}/${path}`), path })),
  })
  const resourceContext = { header, name, organisation: organisationView(config) }
  const example = { header, library: config.library.name, examples: view.examples }
  const of = (part: string) => ({ of: { step: origin, part } })
  return [
    {
      ...of('groovy'),
      path: `vars/${name}.groovy`,
      content: render(own('vars', 'groovy'), {
        ...view,
        package: config.package,
        definition: groovy,
        extras: definition.groovyExtras
          ? desk.rename(templates.text(`vars/${definition.groovyExtras}.groovy`) ?? '')
          : '',
      }),
    },
    { ...of('help'), path: `vars/${name}.txt`, content: render(own('help', 'txt'), view) },
    {
      ...of('shell'),
      path: `resources/${resource(`${name}.sh`)}`,
      content: stepResource(step, { templates, render, context: resourceContext, header }),
    },
    ...files.map(({ template, path }) => ({
      ...of(path),
      path: `resources/${resource(`${name}/${path}`)}`,
      content: template.endsWith('.hbs')
        ? render(`resources/${template}`, resourceContext)
        : (templates.text(`resources/${template}`) ?? missing(`resources/${template}`)),
    })),
    {
      ...of('test'),
      path: `test/${name}.groovy`,
      content: render(own('test', 'groovy'), { header, name, ...stepTests(definition) }),
    },
    { ...of('docs'), path: `docs/${name}.md`, content: render(own('docs', 'md'), view) },
    { ...of('schema'), path: `schema/${name}.json`, content: stepSchema(definition, header) },
    {
      ...of('declarative'),
      path: `examples/${name}.Jenkinsfile`,
      content: render('examples/declarative.Jenkinsfile.hbs', example),
    },
    {
      ...of('scripted'),
      path: `examples/${name}.scripted.Jenkinsfile`,
      content: render('examples/scripted.Jenkinsfile.hbs', example),
    },
  ]
}

function commonFiles(desk: Desk): PlannedFile[] {
  const { config, folder, render, rename, resolved, templates, version } = desk
  const header = desk.header('the library')
  const library = libraryView(config)
  const steps = resolved.map((step) => stepView(step, rename, header))
  const common: Context = { header, package: config.package, version }
  const classes = ['Exchange', 'Parameters', 'StepCall']
  return [
    ...classes.map((name) => ({
      path: `src/${folder}/${name}.groovy`,
      content: render(`src/${name}.groovy.hbs`, common),
    })),
    { path: 'src/footman.gdsl', content: render('gdsl/steps.gdsl.hbs', { header, steps }) },
    { path: 'docs/README.md', content: render('docs/index.md.hbs', { header, steps, library }) },
    {
      path: 'docs/CHANGELOG.md',
      content: render('docs/changelog.md.hbs', { header, version, releases: releasesOf(resolved) }),
    },
    {
      path: 'docs/configuration-as-code.yaml',
      content: render('docs/configuration-as-code.yaml.hbs', { header, library }),
    },
    ...harness.map((name) => ({ path: name, content: templates.text(name) ?? missing(name) })),
    { path: '.gitattributes', content: render('gitattributes.hbs', { header }), yields: true },
  ]
}

/** What the generated tests run on: copied as it is. */
const harness = [
  'test/harness/AbortException.groovy',
  'test/harness/Calls.groovy',
  'test/harness/Environment.groovy',
  'test/harness/FlowInterruptedException.groovy',
  'test/harness/Library.groovy',
  'test/harness/Pipeline.groovy',
  'test/harness/StepScript.groovy',
  'test/harness/StepTests.groovy',
  'test/harness/Steps.groovy',
  'test/harness/Workspace.groovy',
  'test/harness/com/cloudbees/groovy/cps/NonCPS.groovy',
  'test/run.groovy',
]

function missing(name: string): never {
  throw new Error(`there is no template ${name}`)
}

function organisationView({ organisation }: LibraryConfig): Context {
  const { registry = '', httpProxy = '', httpsProxy = '', noProxy = '', images } = organisation
  return { registry, httpProxy, httpsProxy, noProxy, images }
}

function libraryView({ library }: LibraryConfig): Context {
  const path = library.folder.replace(/^[.]\/|\/$/g, '')
  return {
    name: library.name,
    version: library.version,
    remote: library.remote,
    credentialsId: library.credentialsId ?? '',
    folder: path === '.' ? '' : path,
    path: `${path}/`,
  }
}

/** Puts the library's names of steps in place of footman's, as whole words. */
function renamer(resolved: readonly ResolvedStep[]): (text: string) => string {
  const names = new Map(resolved.map(({ origin, definition }) => [origin, definition.name]))
  return (text) => text.replace(/[A-Za-z_]\w*/g, (word) => names.get(word) ?? word)
}

/** The change log: by version, the newest first; in it, by step. */
function releasesOf(resolved: readonly ResolvedStep[]): Context[] {
  const lines = resolved.flatMap(({ definition }) => [
    ...(definition.changes ?? []).map(({ version, text }) => ({
      version,
      text: `${definition.name}: ${text}`,
    })),
    { version: definition.since, text: `${definition.name}: new. ${definition.summary}.` },
  ])
  const versions = [...new Set(lines.map(({ version }) => version))]
  return versions
    .toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map((version) => ({
      version,
      lines: lines.filter((line) => line.version === version).map(({ text }) => text),
    }))
}

/** The same data with its keys in order, lists of names too, so that it does not matter how a file was arranged. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => compare(a, b))
      .map(([key, item]) => [key, sorted(item)]),
  )
}
