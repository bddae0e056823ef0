import type { StepDefinition } from './definition.ts'
import type { PlannedFile } from './engine.ts'

/** The files of one step by a short name: help, groovy, shell, docs, schema, example, test, and further ones by their own. */
export function partsOf(
  { name }: Pick<StepDefinition, 'name'>,
  files: readonly PlannedFile[],
): ReadonlyMap<string, PlannedFile> {
  const parts = new Map<string, PlannedFile>()
  const ends: Record<string, RegExp> = {
    help: new RegExp(`^vars/${name}[.]txt$`),
    groovy: new RegExp(`^vars/${name}[.]groovy$`),
    shell: new RegExp(`^resources/.*/${name}[.]sh$`),
    docs: new RegExp(`^docs/${name}[.]md$`),
    schema: new RegExp(`^schema/${name}[.]json$`),
    declarative: new RegExp(`^examples/${name}[.]Jenkinsfile$`),
    scripted: new RegExp(`^examples/${name}[.]scripted[.]Jenkinsfile$`),
    test: new RegExp(`^test/${name}[.]groovy$`),
  }
  for (const [part, pattern] of Object.entries(ends)) {
    const file = files.find(({ path }) => pattern.test(path))
    if (file) parts.set(part, file)
  }
  for (const file of files) {
    const further = new RegExp(`^resources/.*/${name}/(.+)$`).exec(file.path)?.[1]
    if (further !== undefined) parts.set(further, file)
  }
  return parts
}
