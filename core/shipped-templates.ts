import { readFileSync } from 'node:fs'
import { errorCode } from './file-error.ts'
import { shippedFile } from './package.ts'
import type { TemplateSource } from './render.ts'

/** The templates that ship with footman, as they are. */
export const shippedTemplates: TemplateSource = {
  origin: (name) => shippedFile(`templates/${name}`),
  text: (name) => {
    try {
      return readFileSync(shippedFile(`templates/${name}`), 'utf8')
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined
      throw error
    }
  },
}
