import { z } from 'zod'
import { imageReference, line, obeys, type Rule, workspacePath } from './rules.ts'

const obeying = (rule: Rule) =>
  z.string().refine((value) => obeys(rule, value), { error: `expected ${rule.expects}` })

const stepName = z
  .string()
  .regex(/^[a-z][A-Za-z0-9]*$/, { error: 'expected the name of a step such as withEatMyData' })

const folder = (error: string) =>
  z.string().refine((path) => path === '.' || obeys(workspacePath, path), { error })

const proxyUrl = z.string().regex(/^https?:\/\/[A-Za-z0-9.[\]:_-]+\/?$/, {
  error: 'expected a URL such as http://proxy.example.com:3128, without user and password',
})

/** The file footman-library.yaml. Unknown keys are refused. Every key is also a variable, e.g. FOOTMAN_LIBRARY_PREFIX. */
export const libraryConfigSchema = z.strictObject({
  extends: z
    .array(z.string().min(1))
    .default([])
    .describe('Files with settings to begin from, relative to this one; the later overrule the earlier'),
  output: folder('expected a folder below this file, such as . or build/library')
    .default('.')
    .describe('Folder of the library, relative to this file'),
  package: z
    .string()
    .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/, {
      error: 'expected a package such as com.example.jenkins, in lower case, of at least two parts',
    })
    .default('io.footman.library')
    .describe(
      'Package of the classes and folder of the resources; two libraries of one build need different ones',
    ),
  prefix: z
    .string()
    .regex(/^([a-z][A-Za-z0-9]*)?$/, { error: 'expected letters and digits, beginning with a small letter' })
    .default('')
    .describe('Put before every name: with acme, withEatMyData is called acmeWithEatMyData'),
  steps: z.array(stepName).default([]).describe('Only these steps; empty: all of them'),
  exclude: z.array(stepName).default([]).describe('Not these steps'),
  overrides: folder('expected a folder below this file')
    .optional()
    .describe('Folder with your own templates: a file there takes the place of the one of that name'),
  library: z
    .strictObject({
      name: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, { error: 'expected letters, digits, dots and dashes' })
        .default('footman')
        .describe("Name under which the controller knows the library: @Library('footman')"),
      remote: obeying(line)
        .default('https://git.example.com/jenkins/library.git')
        .describe('Git URL from which the controller fetches it'),
      version: obeying(line)
        .default('main')
        .describe('Branch, tag or commit that is used when nothing is said'),
      credentialsId: obeying(line).optional().describe('Id of the credential in Jenkins that may read it'),
      folder: folder('expected a folder inside the repository')
        .default('.')
        .describe('Folder inside the repository, where it holds more than the library'),
    })
    .prefault({}),
  organisation: z
    .strictObject({
      registry: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?$/, {
          error: 'expected a registry such as registry.example.com:5000',
        })
        .optional()
        .describe('Registry that steps push to and pull from when nothing is said'),
      images: z
        .record(z.string().regex(/^[a-z][A-Za-z0-9]*$/), obeying(imageReference))
        .default({})
        .meta({ merged: true })
        .describe('Images that steps use by default, e.g. puppeteer: registry.example.com/puppeteer:25.1'),
      httpProxy: proxyUrl.optional().describe('Proxy for http'),
      httpsProxy: proxyUrl.optional().describe('Proxy for https'),
      noProxy: obeying(line)
        .optional()
        .describe('Hosts that are reached without a proxy, separated by commas'),
    })
    .prefault({}),
  defaults: z
    .record(stepName, z.record(z.string(), z.unknown()).meta({ merged: true }))
    .default({})
    .meta({ merged: true })
    .describe('Defaults of parameters by step, e.g. withEatMyData: { require: false }'),
})

/** As people write it. */
export type LibraryConfigInput = z.input<typeof libraryConfigSchema>
export type LibraryConfig = z.output<typeof libraryConfigSchema>
