import type { Rule } from './rules.ts'

/**
 * How a step is called: `withX(command: '…')`, `withX(…) { … }`, or either of the two. A step of shape `both` has a
 * parameter `command`, and takes exactly one of it and a body.
 */
export type StepShape = 'command' | 'block' | 'both'

/** Settings of the organisation that may stand for a parameter's default; see footman-library.yaml. */
export type OrganisationKey = 'registry' | 'httpProxy' | 'httpsProxy' | 'noProxy' | `images.${string}`

interface ParameterBase {
  /** One sentence without a full stop; says what happens, not what type it is. */
  readonly summary: string
  /** Must be given. A required parameter has no default. */
  readonly required?: true
  /** What a number counts, e.g. `MiB` or `seconds`. */
  readonly unit?: string
  /** Its value is shown nowhere: neither in refusals nor in plans. Real secrets are better given as `credentials`. */
  readonly secret?: true
  /** Names under which earlier versions knew it; still taken, with a word in the log. */
  readonly formerly?: readonly string[]
  /** The organisation's setting that takes the place of the default. */
  readonly organisation?: OrganisationKey
}

/** Numbers, switches and choices may be given as text too: what Declarative's `environment` holds is text. */
export type Parameter = ParameterBase &
  (
    | { readonly type: 'string'; readonly rule: Rule; readonly default?: string }
    /** Any text, line breaks included, at most 64 KiB. */
    | { readonly type: 'text'; readonly default?: string }
    | { readonly type: 'boolean'; readonly default: boolean }
    | {
        readonly type: 'integer'
        readonly minimum: number
        readonly maximum: number
        readonly default?: number
      }
    | { readonly type: 'choice'; readonly choices: readonly [string, ...string[]]; readonly default?: string }
    /** Bash gets one line an item. */
    | { readonly type: 'list'; readonly rule: Rule; readonly default?: readonly string[] }
    /** Bash gets one line `key=value` an entry. */
    | {
        readonly type: 'map'
        readonly keyRule: Rule
        readonly rule: Rule
        readonly default?: Readonly<Record<string, string>>
      }
    /** A text that bash runs, or a list of words that is quoted for it. */
    | { readonly type: 'command' }
    /** The id of a credential in Jenkins; bash gets what is bound, see `credentialVariables`. */
    | { readonly type: 'credentials'; readonly kind: CredentialKind }
  )

/**
 * What bash finds in the environment for a parameter `registryLogin`:
 * usernamePassword STEP_REGISTRY_LOGIN_USER and _PASSWORD, secretText _SECRET, secretFile _FILE (a path),
 * sshKey _USER and _KEY (a path).
 */
export type CredentialKind = 'usernamePassword' | 'secretText' | 'secretFile' | 'sshKey'

export interface Return {
  readonly type: 'string' | 'integer' | 'boolean' | 'list'
  readonly summary: string
  readonly unit?: string
}

/** A program that the resource calls. */
export interface Tool {
  readonly program: string
  /** The Debian package that has it. */
  readonly package: string
  /** Completes "needed …", e.g. `when view is vnc`. Without it the resource refuses to begin when the program is absent. */
  readonly when?: string
}

/** What must hold between parameters; checked on both sides. `body` may be named like a parameter. */
export type Constraint =
  | {
      readonly kind: 'exactlyOne' | 'atMostOne'
      readonly of: readonly [string, string, ...string[]]
      readonly because?: string
    }
  /** When `parameter` is given (or has that value), `needs` must be given too (or have that value). */
  | {
      readonly kind: 'needs'
      readonly parameter: string
      readonly equals?: string | boolean
      readonly needs: string
      readonly needsValue?: string | boolean
      readonly because: string
    }

/** One use of the step, in both dialects. The step is written by its own name; a prefix is put before it on the way out. */
export interface Example {
  readonly title: string
  /** Statements inside `steps { }` of a Declarative Pipeline. */
  readonly declarative: string
  /** Statements inside `node { }` of a Scripted Pipeline. */
  readonly scripted: string
}

/** Files that are archived after the command or body, also when it failed. The parameter is of type string or list. */
export interface Archive {
  readonly parameter: string
  readonly as: 'artifacts' | 'junit'
}

/** Everything that is known of one step: whatever is generated is derived from this and from its shell resource. */
export interface StepDefinition {
  /** The identifier in Pipelines: camelCase, no step of Jenkins' own. */
  readonly name: string
  /** One line without a full stop. */
  readonly summary: string
  /** Paragraphs that read well as plain text: what it does, what it does not do, when to use it. */
  readonly description: readonly string[]
  /** The version of footman that had it first. */
  readonly since: string
  readonly shape: StepShape
  /** Of a step of shape `both`: the parameter that may stand in the place of command and body, e.g. a service that is the test. */
  readonly instead?: string
  /** In the order in which people read them. `dryRun` is added by defineStep. */
  readonly parameters: Readonly<Record<string, Parameter>>
  readonly constraints?: readonly Constraint[]
  /** What the resource reports by `result NAME VALUE`. */
  readonly returns: Readonly<Record<string, Return>>
  readonly tools: readonly Tool[]
  /** What it takes away again, however it ends: full sentences. */
  readonly cleanup: readonly string[]
  /** For steps that change something that stays: what is left when it fails, by the moment. Full sentences. */
  readonly onFailure?: readonly string[]
  /** How people take back what it did. Full sentences. */
  readonly undo?: readonly string[]
  /** What people may meet, and the cure. */
  readonly troubles: readonly { readonly says: string; readonly cure: string }[]
  readonly examples: readonly [Example, ...Example[]]
  /**
   * Further files that stand beside the resource when it runs, e.g. a Dockerfile: paths below templates/resources/.
   * Those that end in .hbs are rendered (the ending is dropped), all others copied byte for byte.
   * The resource finds them as "$CALL_FOLDER/<path>"; a path has at least one folder.
   */
  readonly files?: readonly string[]
  /** Shared shell functions that the resource uses: names of files below templates/resources/lib/, without .sh. */
  readonly uses?: readonly string[]
  readonly archives?: readonly Archive[]
  /** A partial below templates/vars/ with further Groovy methods for this step, without .groovy.hbs. */
  readonly groovyExtras?: string
  /** What changed since, newest first; becomes the change log. */
  readonly changes?: readonly { readonly version: string; readonly text: string }[]
}

const dryRun: Parameter = {
  type: 'boolean',
  default: false,
  summary: 'Only print what would be done; neither command nor body runs',
}

/** Declares a step. Every step gets the parameter `dryRun`. */
export function defineStep(definition: StepDefinition): StepDefinition {
  return { ...definition, parameters: { ...definition.parameters, dryRun } }
}

/** The variable in which bash finds a parameter: `cacheDir` is STEP_CACHE_DIR. */
export function variableOf(parameter: string): string {
  return `STEP_${parameter.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()}`
}

/** The endings of the variables in which bash finds a bound credential. */
export const credentialVariables: Readonly<Record<CredentialKind, readonly string[]>> = {
  usernamePassword: ['USER', 'PASSWORD'],
  secretText: ['SECRET'],
  secretFile: ['FILE'],
  sshKey: ['USER', 'KEY'],
}
