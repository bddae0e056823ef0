/** Something that generated code must not contain. */
export interface Refusal {
  /** Looked for in code without comments and text. */
  pattern: RegExp
  because: string
}

/**
 * What script-security refuses to an untrusted library: no entry in its lists, or one in its list of forbidden
 * signatures. Source: jenkinsci/script-security-plugin, whitelists of June 2026.
 */
export const sandboxRefusals: readonly Refusal[] = [
  { pattern: /\.\s*execute\s*\(/, because: 'the sandbox does not start processes; use sh' },
  {
    pattern:
      /\bnew\s+(java\.io\.)?File\b|\bFile(Reader|Writer|InputStream|OutputStream)\b|\b(Paths|Files)\s*\./,
    because: 'the sandbox knows no files of the controller; use readFile and writeFile',
  },
  { pattern: /\b(openStream|openConnection|toURL)\s*\(/, because: 'the sandbox opens no connections' },
  {
    pattern: /\bSystem\s*\.\s*(?!currentTimeMillis)\w+/,
    because: 'the sandbox hides the system of the controller',
  },
  {
    pattern: /\b(Runtime|Thread|ProcessBuilder)\b/,
    because: 'the sandbox starts neither processes nor threads',
  },
  {
    pattern: /\b(getDeclared\w+|newInstance|forName|getMethods?|getClassLoader|classLoader)\b/,
    because: 'the sandbox allows no reflection',
  },
  {
    pattern: /\bJenkins\s*\.|\brawBuild\b|\bhudson\s*\.(?!AbortException)/,
    because: 'the sandbox hides the controller',
  },
  { pattern: /\bmetaClass\b|\.\s*properties\b/, because: 'the sandbox hides what objects are made of' },
  {
    pattern: /\b(MessageDigest|JsonBuilder|YamlSlurper|XmlSlurper|XmlParser)\b/,
    because: 'the sandbox does not know it; let the shell do that',
  },
  {
    pattern:
      /\.\s*(head|init|withIndex|indexed|sprintf|inspect|dump|use|hasProperty|respondsTo|encodeBase64|decodeBase64|getText|getMaximumNumberOfParameters)\s*\(/,
    because: 'the sandbox does not know this method',
  },
  { pattern: /@Grab\b|\bevaluate\s*\(|\bInvokerHelper\b/, because: 'it is refused to untrusted libraries' },
  { pattern: /\.\s*getResult\s*\(\s*\)/, because: 'the sandbox does not tell why a build was interrupted' },
]

/** Constructors that the sandbox allows; those of the collections only with a collection to copy. */
export const constructors: ReadonlySet<string> = new Set(
  `Exception MalformedURLException ArrayList HashMap HashSet LinkedHashSet TreeMap TreeSet Random URL String StringBuffer
  StringBuilder StringReader StringWriter PrintWriter JsonSlurper SimpleDateFormat Date`.split(/\s+/),
)

/** Of those, the ones that need an argument. */
export const copyConstructors: ReadonlySet<string> = new Set(['ArrayList', 'HashMap', 'TreeMap'])

/**
 * What goes wrong when a Pipeline is interpreted step by step and written to disk in between.
 * Source: jenkinsci/workflow-cps-plugin, its README and the translated collection methods.
 */
export const cpsRefusals: readonly Refusal[] = [
  {
    pattern: /\.\s*(sort|toSorted|unique|toUnique|eachLine|tap|with)\s*(\([^)]*\)\s*)?\{/,
    because: 'its closure would not be interpreted; use a loop',
  },
  {
    pattern: /\.\s*(removeIf|computeIfAbsent|computeIfPresent|merge|forEach|stream|parallelStream)\s*[({]/,
    because: 'functions of Java do not run interpreted closures; use a loop',
  },
  {
    pattern: /\benv\s*\.\s*\w+\s*=(?!=)/,
    because: 'it outlives the block and reaches parallel branches; use withEnv',
  },
  { pattern: /=~/, because: 'a Matcher cannot be written to disk; use matches, or a @NonCPS method' },
  {
    pattern: /\b(Iterator|Matcher|Stream|Reader|InputStream)\s+\w+\s*=/,
    because: 'it cannot be written to disk',
  },
  { pattern: /\bprint(ln|f)?\s*\(/, because: 'in classes it goes nowhere; use echo' },
  { pattern: /\btrait\s+\w+|\bsuper\s*\.\s*\w+\s*\(/, because: 'it does not survive the transformation' },
]

/** Steps that a @NonCPS method must not call. */
export const stepCall =
  /\bscript\s*\.\s*\w+\s*\(|(^|[^.\w])(sh|bat|echo|error|writeFile|readFile|withEnv|withCredentials|node|stage|parallel|sleep|libraryResource)\s*[('"{]/
