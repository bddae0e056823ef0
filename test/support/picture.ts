import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** Draws the README's picture from a real run: `npx tsx test/support/picture.ts`. */
const root = resolve(import.meta.dirname, '../..')
const command = 'footman demo'
const output = execFileSync(process.execPath, [resolve(root, 'dist/cli.js'), 'demo'], { encoding: 'utf8' })
writeFileSync(resolve(root, 'agent/demo/demo.svg'), draw([`$ ${command}`, ...output.trimEnd().split('\n')]))

/** A terminal with these lines, as an SVG that needs no font of ours. */
function draw(lines: readonly string[]): string {
  const lineHeight = 20
  const width = 40 + 8.5 * Math.max(...lines.map(({ length }) => length))
  const height = 60 + lineHeight * lines.length
  const text = lines.map((line, index) => {
    const y = 52 + lineHeight * index
    return `  <text x="20" y="${y}" fill="${colourOf(line)}" xml:space="preserve">${escapeXml(line)}</text>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="A run of ${command}">`,
    `  <rect width="100%" height="100%" rx="8" fill="#1d2129"/>`,
    ...['#e06c75', '#e5c07b', '#98c379'].map(
      (fill, index) => `  <circle cx="${24 + 20 * index}" cy="20" r="6" fill="${fill}"/>`,
    ),
    '  <g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14">',
    ...text,
    '  </g>',
    '</svg>',
    '',
  ].join('\n')
}

function colourOf(line: string): string {
  if (line.startsWith('$')) return '#98c379'
  if (line.startsWith('Act')) return '#e5c07b'
  if (line.startsWith('  |')) return '#7f8896'
  return /SUCCESS|byte for byte/.test(line) ? '#98c379' : '#d7dae0'
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
