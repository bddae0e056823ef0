import { expect, it } from 'vitest'
import { markdownCode, markdownText, xmlText } from '../../library/escape.ts'

it('Markdown shows text as it stands, in one line', () => {
  expect(markdownText('a|b *c* _d_ [e](f) <g> `h`\n i')).toBe(
    'a\\|b \\*c\\* \\_d\\_ \\[e\\](f) \\<g\\> \\`h\\` i',
  )
})

it('code is fenced by more backticks than it holds', () => {
  expect(markdownCode('a|b')).toBe('`a\\|b`')
  expect(markdownCode('x ``y`` z')).toBe('```x ``y`` z```')
  expect(markdownCode('`x`')).toBe('`` `x` ``')
})

it('XML reads text back', () => {
  expect(xmlText(`<a href="b">'&'</a>`)).toBe('&lt;a href=&quot;b&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;')
})
