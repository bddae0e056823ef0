// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they belong to bash and Groovy
import { describe, expect, it } from 'vitest'
import { libraryConfigSchema } from '../../../library/config.ts'
import { planLibrary } from '../../../library/engine.ts'
import { blankGroovy } from '../../../library/lint/blank.ts'
import { lintGroovy } from '../../../library/lint/lint-groovy.ts'
import { lintLibrary } from '../../../library/lint/lint-library.ts'
import { steps } from '../../../library/registry.ts'
import { loadTemplates } from '../../../library/templates.ts'

const messages = (source: string) =>
  lintGroovy(`${source}\n`).map(({ line, message }) => `${line}: ${message}`)

it('finds nothing in what is generated', () => {
  const { files } = planLibrary({
    steps,
    config: libraryConfigSchema.parse({}),
    templates: loadTemplates(),
    version: '1.0.0',
  })
  expect(files.length).toBeGreaterThan(3)
  expect(lintLibrary(files)).toEqual([])
})

it('the classes that come with every library call no method but these, which the sandbox was asked about', () => {
  const asked = `accept call charAt contains containsKey credentials entrySet getBytes getClass getSimpleName
    indexOf join keySet length matches randomUUID replace replaceAll results split startsWith substring toLong
    toLowerCase toString tooLong trim variables`.split(/\s+/)
  const stepsOfJenkins =
    `archiveArtifacts echo error file fileExists isUnix junit libraryResource pwd readFile sh
    sshUserPrivateKey string usernamePassword withCredentials withEnv writeFile`.split(/\s+/)
  const templates = loadTemplates()
  for (const name of ['Exchange', 'Parameters', 'StepCall']) {
    const { code } = blankGroovy(templates.text(`src/${name}.groovy`) ?? '')
    const called = [...code.matchAll(/[.](\w+)\(/g)].map(([, method]) => String(method))
    expect(called.length).toBeGreaterThan(3)
    expect(called.filter((method) => ![...asked, ...stepsOfJenkins].includes(method))).toEqual([])
  }
})

describe('the sandbox', () => {
  it.each([
    "'ls'.execute()",
    "['ls'] . execute ( )",
    "new File('/etc/passwd').text",
    "def reader = new FileReader('/x')",
    "new URL('http://x').openStream()",
    "System.getenv('HOME')",
    'System.exit(1)',
    'Runtime.getRuntime()',
    'Thread.sleep(1)',
    'getClass().getDeclaredMethods()',
    'Class.forName(name)',
    'Jenkins.instance.items',
    'currentBuild.rawBuild.url',
    'String.metaClass.x = 1',
    'this.properties.each { }',
    "new IllegalArgumentException('x')",
    "throw new RuntimeException('x')",
    "new hudson.AbortException('x')",
    'def list = new ArrayList()',
    'def map = new LinkedHashMap()',
    "MessageDigest.getInstance('MD5')",
    'new JsonBuilder()',
    'list.head()',
    'list.withIndex()',
    'object.dump()',
    'object.respondsTo(name)',
    "@Grab('a:b:1')",
    "evaluate('1')",
    'cause.getResult()',
    'body.getMaximumNumberOfParameters()',
  ])('refuses %s', (source) => {
    expect(messages(source)).not.toEqual([])
  })

  it.each([
    "throw new Exception('x')",
    'new ArrayList(map.keySet())',
    'new TreeMap(map)',
    'UUID.randomUUID().toString()',
    'System.currentTimeMillis()',
    "text.matches('[a-z]+')",
    'list.collect { it }.join(x)',
  ])('allows %s', (source) => {
    expect(messages(source)).toEqual([])
  })
})

describe('interpreted Pipelines', () => {
  it.each([
    'list.sort { a, b -> a <=> b }',
    'list.toSorted { it }',
    'list.unique(false) { it }',
    'text.eachLine { echo it }',
    'value.tap { x }',
    'value.with { x }',
    'map.computeIfAbsent(k) { v }',
    'list.forEach { it }',
    'list.stream().map { it }',
    "env.X = 'y'",
    'def m = text =~ pattern',
    'Iterator i = list.iterator()',
    "println('x')",
    'trait A { }',
    '@Field List all = []',
    'class A {\n    static List all = []\n}',
    'class A {\n    String toString() {\n        return name\n    }\n}',
    'try {\n    body()\n} catch (Exception e) {\n    echo "$e"\n}',
    'try {\n    body()\n} catch (e) {\n}',
    'try {\n    body()\n} catch (hudson.AbortException | FlowInterruptedException e) {\n}',
    "@NonCPS\ndef x() {\n    sh 'ls'\n}",
    '@NonCPS\ndef x() {\n    script.echo(y)\n}',
    'def x = "${-> y}"',
  ])('do not survive %s', (source) => {
    expect(messages(source)).not.toEqual([])
  })

  it.each([
    'list.sort()',
    'for (x in list) { echo x }',
    "if (env.X == 'y') { }",
    '@Field final List all = []',
    'static final int MOST = 5',
    '@NonCPS\nString toString() {\n    return name\n}',
    '@NonCPS\nList x(text) {\n    def m = text =~ pattern\n    return m.collect { it }\n}',
    'try {\n    body()\n} catch (Exception e) {\n    note(e)\n    throw e\n}',
    'try {\n    body()\n} finally {\n    release()\n}',
    'try {\n    body()\n} catch (hudson.AbortException e) {\n}',
  ])('survive %s', (source) => {
    expect(messages(source)).toEqual([])
  })
})

describe('shells', () => {
  it.each([
    'sh "rm $x"',
    'sh("rm ${x}")',
    "sh 'rm ' + x",
    'sh(script: "rm ${x}", returnStatus: true)',
    'sh """\n  rm $x\n"""',
    'bat "del $x"',
  ])('are given no text that is put together: %s', (source) => {
    expect(messages(source)).toEqual([expect.stringContaining('a value in the text of a shell')])
  })

  it.each([
    'sh \'rm "$x"\'',
    'sh(script: SCRIPT)',
    "sh(script: 'a', returnStatus: true)",
    'sh "ls"',
    'push "a $b"',
  ])('may be given %s', (source) => {
    expect(messages(source)).toEqual([])
  })
})

describe('the source itself', () => {
  it.each(['// gr\u00fcn', '\tx', 'x \ny', '// C:\\users', 'x\r'])('is plain: not %j', (source) => {
    expect(messages(source)).not.toEqual([])
  })

  it('ends with a line break', () => {
    expect(lintGroovy('x')).toEqual([{ line: 1, message: 'no line break at the end' }])
  })
})

it('words in comments and texts are not code', () => {
  expect(messages("// System.exit(1)\n/* new File('x') */\ndef x = 'System.exit(1)' + \"new File\"")).toEqual(
    [],
  )
})

it('says the line', () => {
  expect(messages("def a = '''\n\n'''\n/*\n*/\nSystem.exit(1)")).toEqual([
    expect.stringMatching(/^6: System\.exit/),
  ])
})

it('blanks keep every offset, and texts are known with what they hold', () => {
  const source = "a = \"x ${y}\" + 'it\\'s' / 2 // c\nb = /d\\/e/ /* f\n */ + '''g\n'''"
  const { code, literals } = blankGroovy(source)
  expect(code).toHaveLength(source.length)
  expect(code.replaceAll(/ +/g, ' ')).toBe("a = \" \" + ' ' / 2 \nb = / / \n + ''' \n'''")
  expect(literals.map(({ text, interpolates }) => [text, interpolates])).toEqual([
    ['x ${y}', true],
    ["it\\'s", false],
    ['d\\/e', true],
    ['g\n', false],
  ])
})
