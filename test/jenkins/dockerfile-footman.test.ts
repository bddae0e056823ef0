import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { shippedFile } from '../../core/package.ts'

const text = readFileSync(shippedFile('templates/controller/Dockerfile.footman'), 'utf8')
const read = (name: string) => JSON.parse(readFileSync(shippedFile(name), 'utf8'))
/** What is copied from the checkout, in both stages. */
const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) => names.split(' '))

it('copies only what there is', () => {
  expect(copied.length).toBeGreaterThan(8)
  expect(copied.filter((name) => !existsSync(shippedFile(name)))).toEqual([])
})

it('copies all that is compiled, and all that ships beside the code', () => {
  const { include } = read('tsconfig.json')
  expect(include.filter((name: string) => !copied.includes(name))).toEqual([])
  const shipped = read('package.json').files.filter(
    (name: string) => !['dist', 'README.md', 'LICENSE'].includes(name),
  )
  expect(shipped.filter((name: string) => !copied.includes(name))).toEqual([])
})

it('keeps configuration and journal where its commands mount them', () => {
  const [, config = '', state = ''] = /XDG_CONFIG_HOME=(\S+) XDG_STATE_HOME=(\S+)/.exec(text) ?? []
  expect(text).toContain(`:${join(config, 'footman')}:ro`)
  expect(text).toContain(`footman_state:${join(state, 'footman')} `)
  expect(text).toContain(`VOLUME ${join(state, 'footman')}\n`)
})
