import { readFile } from 'node:fs/promises'

const modules = ['main', 'options', 'channels', 'codecs', 'stdio', 'tasks', 'output', 'console'].map(
  (name) => `./${name}.cjs`,
)

/**
 * What the practice controller serves as agent.jar: the modules of agent/ in one CommonJS file, which needs nothing but Node.js
 * and runs from any folder under any name.
 */
export async function agentJar(): Promise<Buffer> {
  const bundled = await Promise.all(
    modules.map(async (name) => {
      const source = await readFile(new URL(`./agent/${name}`, import.meta.url), 'utf8')
      return `${JSON.stringify(name)}: (module, require) => {\n${source}\n},\n`
    }),
  )
  return Buffer.from(
    `'use strict'\nconst bundled = {\n${bundled.join('')}}\nconst loaded = {}\n${load}\nload('./main.cjs')\n`,
  )
}

const load = `function load(name) {
  if (!(name in bundled)) return require(name)
  if (!(name in loaded)) {
    const module = { exports: {} }
    bundled[name](module, load)
    loaded[name] = module.exports
  }
  return loaded[name]
}`
