import type { LibraryConfig } from './config.ts'
import type { Desk, PlannedFile } from './desk.ts'
import type { Context } from './render.ts'
import type { ResolvedStep } from './resolve.ts'
import { stepResource } from './resource.ts'
import { stepSchema } from './schema.ts'
import { stepTests } from './step-tests.ts'
import { groovyDefinition, stepView } from './views.ts'

/** Every file that one step consists of. */
export function stepFiles(step: ResolvedStep, desk: Desk): PlannedFile[] {
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
          ? desk.rename(desk.copy(`vars/${definition.groovyExtras}.groovy`))
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
        : desk.copy(`resources/${template}`),
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

function organisationView({ organisation }: LibraryConfig): Context {
  const { registry = '', httpProxy = '', httpsProxy = '', noProxy = '', images } = organisation
  return { registry, httpProxy, httpsProxy, noProxy, images }
}
