import type { PlannedFile } from '../desk.ts'
import { type Finding, lintGroovy } from './lint-groovy.ts'

/** What the linter has to say about the Groovy that Jenkins would load from a library. */
export function lintLibrary(files: readonly PlannedFile[]): (Finding & { path: string })[] {
  const groovy = files.filter(({ path }) => /^(vars|src)\/.*[.]groovy$/.test(path))
  const ownClasses = groovy
    .filter(({ path }) => path.startsWith('src/'))
    .map(({ path }) => path.replace(/^.*\/|[.]groovy$/g, ''))
  return groovy.flatMap(({ path, content }) =>
    lintGroovy(content, { ownClasses }).map((finding) => ({ path, ...finding })),
  )
}
