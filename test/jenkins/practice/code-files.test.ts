import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { codeFiles } from '../../../jenkins/practice/controller-image/code-files.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function packageWith(files: Record<string, string>): Promise<string> {
  const root = await tempDir()
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), content)
  }
  return root
}

const image = 'dist/jenkins/practice/controller-image'

test('what the programs import goes into the image, with the packages that this needs, and nothing else', async () => {
  const root = await packageWith({
    'package.json': '{}',
    [`${image}/main.js`]: `import { readFile } from 'node:fs'\nimport {\n  a,\n  b,\n} from '../a.js'\nexport function say() {\n  return 'from "./nowhere.js"'\n}\n`,
    [`${image}/fill-home.js`]: `import './side.js'\n`,
    [`${image}/side.js`]: `export { z } from '@scope/zed/part'\nexport * from '../a.js'\n`,
    [`${image}/not-needed.js`]: '',
    'dist/jenkins/practice/a.js': `import '../../core/b.js'\nimport './a.js'\n`,
    'dist/core/b.js': '',
    'dist/jenkins/practice/agent/main.cjs': `require('./codecs.cjs')`,
    'dist/jenkins/practice/agent/notes.txt': '',
    'node_modules/@scope/zed/package.json': '{"dependencies":{"deep":"1"}}',
    'node_modules/@scope/zed/part.js': '',
    'node_modules/@scope/zed/part.d.ts': '',
    'node_modules/@scope/zed/node_modules/deep/package.json': '{}',
    'node_modules/@scope/zed/node_modules/deep/index.cjs': '',
    'node_modules/other/package.json': '{}',
  })
  const files = (await codeFiles(root)).map(({ target }) => target.replace('usr/share/footman/', ''))
  expect(files.sort()).toEqual(
    [
      `${image}/fill-home.js`,
      `${image}/main.js`,
      `${image}/side.js`,
      'dist/core/b.js',
      'dist/jenkins/practice/a.js',
      'dist/jenkins/practice/agent/main.cjs',
      'node_modules/@scope/zed/package.json',
      'node_modules/@scope/zed/part.js',
      'node_modules/deep/index.cjs',
      'node_modules/deep/package.json',
      'package.json',
    ].sort(),
  )
})

test('footman that has not been compiled says how to', async () => {
  await expect(codeFiles(await packageWith({ 'package.json': '{}' }))).rejects.toMatchObject({
    code: 'user',
    hint: 'npm run build',
  })
})
