export interface Token {
  kind: 'word' | 'number' | 'string' | 'sign' | 'end' | 'unreadable'
  /** A string's text without its quotes, escapes resolved. */
  text: string
  line: number
}

/** Words, numbers, strings and signs of a Groovy script, without comments. A GString that needs evaluation is `unreadable`. */
export function tokenizeGroovy(script: string): Token[] {
  const tokens: Token[] = []
  let line = 1
  for (const found of script.matchAll(pattern)) {
    const { word, number, single, double, sign } = found.groups ?? {}
    if (word !== undefined) tokens.push({ kind: 'word', text: word, line })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, line })
    else if (single !== undefined) tokens.push({ kind: 'string', text: unquote(single), line })
    else if (double !== undefined) {
      const needsEvaluation = /(^|[^\\])\$[{\w]/.test(double)
      tokens.push(
        needsEvaluation
          ? { kind: 'unreadable', text: double, line }
          : { kind: 'string', text: unquote(double), line },
      )
    } else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, line })
    line += found[0].split('\n').length - 1
  }
  return [...tokens, { kind: 'end', text: 'end', line }]
}

const pattern = new RegExp(
  [
    String.raw`\s+|//[^\n]*|/\*[\s\S]*?\*/|^#![^\n]*`,
    String.raw`(?<word>[A-Za-z_]\w*)`,
    String.raw`(?<number>\d+(?:\.\d+)?)`,
    String.raw`(?<single>'''(?:\\[\s\S]|(?!''')[^\\])*'''|'(?:\\.|[^'\\\n])*')`,
    String.raw`(?<double>"""(?:\\[\s\S]|(?!""")[^\\])*"""|"(?:\\.|[^"\\\n])*")`,
    String.raw`(?<sign>[^\s\w])`,
  ].join('|'),
  'g',
)

function unquote(quoted: string): string {
  const width = /^("""|''')/.test(quoted) ? 3 : 1
  const controls: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '\n': '' }
  return quoted.slice(width, -width).replace(/\\([\s\S])/g, (_, letter: string) => controls[letter] ?? letter)
}
