import fc from 'fast-check'
import { XMLParser } from 'fast-xml-parser'
import { expect, test } from 'vitest'
import { changeNodeXml, joinLabels } from '../../jenkins/node-xml.ts'
import { recorded } from '../support/recordings.ts'

const plain = String(recorded('node-config', 0).response.body)
const marked = String(recorded('node-states', 33).response.body)
const withEnv = String(recorded('node-create', 2).response.body)
const swarm = String(recorded('swarm', 2).response.body)

test('a change of labels touches nothing else', async () => {
  expect(await changeNodeXml(plain, { labels: ['4CPU8G', 'linux'] })).toBe(
    plain.replace('<label>linux old</label>', '<label>4CPU8G linux</label>'),
  )
})

test('a temporary offline mark stays, unless it is to go', async () => {
  const kept = await changeNodeXml(marked, { labels: ['x'] })
  expect(kept).toContain('<temporaryOfflineCause class="hudson.slaves.OfflineCause$UserCause">')
  expect(kept).toContain('<key>SlaveComputer.DisconnectedBy</key>')

  const cleared = await changeNodeXml(marked, { labels: ['x'], clearOfflineMark: true })
  expect(cleared).not.toContain('temporaryOfflineCause')
  expect(cleared).toContain('<slave>\n  <name>n1</name>')
  expect(cleared).toContain('<numExecutors>1</numExecutors>')
})

test('environment, launcher and the class of a plugin survive', async () => {
  expect(await changeNodeXml(withEnv, { mode: 'normal' })).toBe(
    withEnv.replace('<mode>EXCLUSIVE</mode>', '<mode>NORMAL</mode>'),
  )
  expect(await changeNodeXml(swarm, { description: 'mine' })).toContain(
    '<hudson.plugins.swarm.SwarmSlave plugin="swarm@3.51">',
  )
})

test('nothing to change gives nothing to send', async () => {
  expect(await changeNodeXml(plain, {})).toBeUndefined()
  expect(
    await changeNodeXml(plain, { labels: ['linux', 'old'], mode: 'normal', clearOfflineMark: true }),
  ).toBeUndefined()
  expect(await changeNodeXml(withEnv, { labels: ['linux', '4CPU8G', 'two words'] })).toBeUndefined()
})

test('what is missing is added, what becomes empty stays as an empty element', async () => {
  const smallest = '<slave>\n  <name>min1</name>\n  <numExecutors>1</numExecutors>\n</slave>'
  expect(await changeNodeXml(smallest, { labels: ['a'] })).toBe(
    '<slave>\n  <label>a</label>\n  <name>min1</name>\n  <numExecutors>1</numExecutors>\n</slave>',
  )
  expect(await changeNodeXml(plain, { labels: [] })).toBe(
    plain.replace('<label>linux old</label>', '<label/>'),
  )
})

test('markup and control characters in a text are escaped', async () => {
  expect(await changeNodeXml(plain, { description: 'a <b> & \u001b[0m\r\n\0"c"' })).toContain(
    '<description>a &lt;b&gt; &amp; &#x1b;[0m&#xd;\n"c"</description>',
  )
})

test.each([
  ['no executors', '<slave><name>a</name><numExecutors>0</numExecutors></slave>', 'it names no executor'],
  ['no count of executors', '<slave><name>a</name></slave>', 'it names no executor'],
  ['half of a file', plain.slice(0, plain.indexOf('<mode>')), 'Unclosed tag'],
  ['a web page', '<html><body><br></body></html>', 'Expected closing tag'],
  ['two roots', '<slave/><slave/>', 'it has not one root element'],
  ['nothing', '', 'Start tag expected'],
])('a configuration with %s is refused rather than sent back', async (_what, xml, reason) => {
  await expect(changeNodeXml(xml, { labels: ['a'] })).rejects.toMatchObject({
    failure: 'broken',
    message: expect.stringContaining(reason),
  })
})

test('labels with blanks and quotes are held together by quotes', () => {
  expect(joinLabels(['linux', 'two words', 'a"b', 'c\\d', '4CPU8G'])).toBe(
    'linux "two words" "a\\"b" "c\\\\d" 4CPU8G',
  )
})

/** Whatever a plugin may put into a node: elements, attributes in either quotes, text, references, comments, CDATA. */
const name = fc.stringMatching(/^[a-z][a-zA-Z0-9._-]{0,12}$/)
const text = fc
  .stringMatching(/^[^<&>]{1,12}$/)
  .filter((some) => !some.includes('\r') && !some.includes(']]'))
const reference = fc.constantFrom('&amp;', '&lt;', '&quot;', '&apos;', '&#x1b;', '&#13;')
const attribute = fc.oneof(
  fc.tuple(name, fc.stringMatching(/^[^<&"\r]{0,10}$/)).map(([key, value]) => ` ${key}="${value}"`),
  fc.tuple(name, fc.stringMatching(/^[^<&'\r]{0,10}$/)).map(([key, value]) => ` ${key}='${value}'`),
)
const { element } = fc.letrec<{ element: string; part: string }>((tie) => ({
  element: fc
    .tuple(name, fc.option(attribute, { nil: '' }), fc.array(tie('part'), { maxLength: 4 }))
    .map(([tag, attributes, parts]) => `<${tag}${attributes}>${parts.join('')}</${tag}>`),
  part: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    text,
    reference,
    fc.constantFrom('\n  ', '<!-- kept -->', '<![CDATA[1 < 2 & 3]]>', '<empty/>', '007', ' true '),
    tie('element'),
  ),
}))

const reader = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  commentPropName: '#comment',
  cdataPropName: '#cdata',
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
})

test('elements that we know nothing of come back as they were, whatever is changed beside them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(element, { maxLength: 5 }), async (foreign) => {
      const xml = (labels: string) =>
        `<?xml version='1.1' encoding='UTF-8'?>\n<slave>\n  <numExecutors>2</numExecutors>\n  <label>${labels}</label>\n` +
        `<properties>${foreign.join('')}</properties></slave>`
      const changed = await changeNodeXml(xml('old'), { labels: ['new', 'two'] })
      expect(changed?.startsWith("<?xml version='1.1' encoding='UTF-8'?>\n<slave>")).toBe(true)
      expect(meaning(changed ?? '')).toEqual(meaning(xml('new two')))
    }),
    { numRuns: 150 },
  )
})

/** The document without the choice between ' and ", which the writer does not keep. */
function meaning(xml: string): unknown {
  return JSON.parse(JSON.stringify(reader.parse(xml)).replaceAll('&quot;', '\\"').replaceAll('&apos;', "'"))
}

test('a launcher over SSH replaces the one that is there, with the host key pinned, and goes again', async () => {
  const launcher = {
    kind: 'ssh',
    host: '10.0.0.7',
    port: 2201,
    credentialsId: 'footman-ann-1',
    hostKey: 'ssh-ed25519 AAAAC3Nz',
    java: '/opt/java & more/bin/java',
    jvmOptions: '-Xmx96m',
  } as const
  const changed = (await changeNodeXml(plain, { launcher })) ?? ''
  expect(changed.match(/<launcher /g)).toHaveLength(1)
  expect(changed).toContain(
    '<launcher class="hudson.plugins.sshslaves.SSHLauncher"><host>10.0.0.7</host><port>2201</port>',
  )
  expect(changed).toContain(
    'ManuallyProvidedKeyVerificationStrategy"><key><algorithm>ssh-ed25519</algorithm><key>AAAAC3Nz</key>',
  )
  expect(changed).toContain('<javaPath>/opt/java &amp; more/bin/java</javaPath>')
  expect(changed).toContain('<label>linux old</label>')

  const back = (await changeNodeXml(changed, { launcher: { kind: 'inbound', webSocket: false } })) ?? ''
  expect(back).toContain('<launcher class="hudson.slaves.JNLPLauncher">')
  expect(back).not.toMatch(/footman-ann-1|AAAAC3Nz/)
})

test('an inbound launcher that says the same already keeps its other settings', async () => {
  const webSocket = plain.includes('<webSocket>true</webSocket>')
  expect(await changeNodeXml(plain, { launcher: { kind: 'inbound', webSocket } })).toBeUndefined()
  expect(await changeNodeXml(plain, { launcher: { kind: 'inbound', webSocket: !webSocket } })).toContain(
    `<webSocket>${!webSocket}</webSocket>`,
  )
})
