// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they belong to bash and Groovy
import { expect, it } from 'vitest'
import { ConfigError } from '../../core/errors.ts'
import { type Context, createRenderer, helpers } from '../../library/render.ts'

function render(template: string, context: Context, partials: Readonly<Record<string, string>> = {}): string {
  const texts: Record<string, string> = { 'a.hbs': template, ...partials }
  return createRenderer({ text: (name) => texts[name], origin: (name) => `/templates/${name}` })(
    'a.hbs',
    context,
  )
}

it('prints values as they are, quotes and braces included', () => {
  const value = `it's "$x" & <y> \${z} {{w}} $& $1`
  expect(render('{{value}}|{{{value}}}', { value })).toBe(`${value}|${value}`)
})

it('leaves the braces of Go templates alone when they are escaped, and in values', () => {
  expect(render('docker inspect --format \\{{.Id}} {{name}}', { name: 'x' })).toBe(
    'docker inspect --format {{.Id}} x',
  )
})

it('quotes for each language by a helper', () => {
  const context = { value: "it's <|> $x", list: ['a', 1, true] }
  expect(render('{{groovy value}} {{shell value}}', context)).toBe("'it\\'s <|> $x' 'it'\\''s <|> $x'")
  expect(render('{{xml value}} {{markdown value}}', context)).toBe("it&#39;s &lt;|&gt; $x it's \\<\\|\\> $x")
  expect(render('{{groovy list}} {{json list}}', context)).toBe(`['a', 1, true] ["a",1,true]`)
  expect(render('{{comment value}}', { value: 'a */ b\n\\u' })).toBe('a * / b /u')
  expect(Object.keys(helpers).toSorted()).toEqual([
    'code',
    'comment',
    'groovy',
    'json',
    'markdown',
    'shell',
    'xml',
  ])
})

it('goes through lists with names for their items', () => {
  const context = { items: [{ name: 'a' }, { name: 'b' }], empty: [] }
  expect(
    render('{{#each items as |item|}}{{item.name}}{{#unless @last}}, {{/unless}}{{/each}}', context),
  ).toBe('a, b')
  expect(render('{{#each empty as |item|}}{{item.name}}{{else}}none{{/each}}', context)).toBe('none')
})

it.each([
  ['printed', '{{nope}}', 'nothing is called nope'],
  ['handed to a helper', '{{groovy nope}}', 'nothing is called nope'],
  ['asked for', '{{#if nope}}x{{/if}}', 'nothing is called nope'],
  ['in a branch that is not taken', '{{#if no}}{{nope}}{{/if}}', 'nothing is called nope'],
  ['inside something known', '{{value.nope}}', 'has nothing called nope'],
  ['inside something known that is only asked for', '{{#if value.nope}}x{{/if}}', 'has nothing called nope'],
  ['of an item', '{{#each list as |item|}}{{item.nope}}{{/each}}', 'has nothing called nope'],
  ['without a value', '{{nothing}}', 'the context.nothing has no value'],
  ['that every object has', '{{value.constructor}}', 'has nothing called constructor'],
  ['that leads to what all objects have', '{{value.__proto__}}', 'has nothing called __proto__'],
])('a name %s is an error, never nothing', (_, template, message) => {
  const context = { no: false, value: { a: 'x' }, list: [{ a: 1 }], nothing: undefined }
  expect(() => render(template, context)).toThrow(ConfigError)
  expect(() => render(template, context)).toThrow(message)
})

it.each([
  ['a helper that nobody knows', '{{upper value}}', 'the helper upper is not known'],
  ['a helper of Handlebars', '{{lookup value "a"}}', 'the helper lookup is not known'],
  ['another block', '{{#with value}}x{{/with}}', 'the block with is not known'],
  ['a second value for a helper', '{{groovy value value}}', 'takes one value'],
  ['options for a helper', '{{groovy value a=1}}', 'takes one value'],
  ['a decorator', '{{* inline "x"}}', 'is not used in these templates'],
  ['a computed partial', '{{> (groovy value)}}', 'a partial must be named'],
  ['a partial that is not there', '{{> missing}}', 'there is no template missing'],
  ['the context around', '{{#each list}}{{../value}}{{/each}}', '../ is not used here'],
])('%s is refused with the line', (_, template, message) => {
  expect(() => render(`\n${template}`, { value: 'x', list: ['a'] })).toThrow(message)
})

it('partials see what the template sees, and are checked alike', () => {
  expect(render('{{> p.hbs}}', { value: 'x' }, { 'p.hbs': '<{{value}}>' })).toBe('<x>')
  expect(() => render('{{> p.hbs}}', { value: 'x' }, { 'p.hbs': '{{nope}}' })).toThrow(
    'nothing is called nope',
  )
})

it('says which template, and what may stand in it', () => {
  const failing = () => render('{{nope}}', { value: 1, other: 2 })
  expect(failing).toThrow('/templates/a.hbs: line 1: nothing is called nope')
  try {
    failing()
  } catch (error) {
    expect(error).toMatchObject({ hint: expect.stringContaining('it may use value, other') })
  }
})
