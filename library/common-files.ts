import type { LibraryConfig } from './config.ts'
import type { Desk, PlannedFile } from './desk.ts'
import type { ImageTemplate } from './images/definition.ts'
import { imageFiles } from './images/files.ts'
import { images } from './images/registry.ts'
import type { Context } from './render.ts'
import type { ResolvedStep } from './resolve.ts'
import { stepView } from './views.ts'

/** What a library has once, whatever its steps are. */
export function commonFiles(desk: Desk): PlannedFile[] {
  const { config, folder, render, rename, resolved, version } = desk
  const header = desk.header('the library')
  const library = libraryView(config)
  const steps = resolved.map((step) => stepView(step, rename, header))
  const classes = {
    Exchange: desk.copy('src/Exchange.groovy'),
    Parameters: desk.copy('src/Parameters.groovy'),
    StepCall: desk.copy('src/StepCall.groovy'),
    Version: render('src/Version.groovy.hbs', { version }),
  }
  return [
    ...Object.entries(classes).map(([name, source]) => ({
      path: `src/${folder}/${name}.groovy`,
      content: render('src/class.groovy.hbs', { header, package: config.package, source: source.trimEnd() }),
    })),
    { path: 'src/footman.gdsl', content: render('gdsl/steps.gdsl.hbs', { header, steps }) },
    {
      path: 'docs/README.md',
      content: render('docs/index.md.hbs', { header, steps, images: images.map(imageView), library }),
    },
    {
      path: 'docs/CHANGELOG.md',
      content: render('docs/changelog.md.hbs', { header, version, releases: releasesOf(resolved) }),
    },
    {
      path: 'docs/configuration-as-code.yaml',
      content: render('docs/configuration-as-code.yaml.hbs', { header, library }),
    },
    ...images.flatMap((image) => imageFiles(image, desk)),
    ...harness.map((name) => ({ path: name, content: desk.copy(name) })),
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

function imageView({ name, summary, description, arguments: all }: ImageTemplate): Context {
  const given = Object.entries(all).map(([argument, says]) => `${argument}: ${says}`)
  return { name, summary, description: description.join(' '), arguments: given.join('; ') }
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
