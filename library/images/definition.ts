/** An image that is built by whoever has the files: no step, but a Dockerfile with what belongs to it. */
export interface ImageTemplate {
  /** Ends in `Image`, so that no step has it. */
  readonly name: string
  /** One line without a full stop. */
  readonly summary: string
  /** Paragraphs that read well as plain text. */
  readonly description: readonly string[]
  /** What it is built on unless the build says otherwise, or organisation.images.<name> does. */
  readonly base: string
  /** Arguments of the build. */
  readonly arguments: Readonly<Record<string, string>>
  /** Below templates/images/<name>/, without .hbs. */
  readonly files: readonly ['Dockerfile', ...string[]]
}
