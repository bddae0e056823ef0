import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineCommand } from '../../core/command.ts'
import { UserError } from '../../core/errors.ts'
import { errorCode, fileError } from '../../core/file-error.ts'
import { shippedFile } from '../../core/package.ts'
import { configFileName } from '../config-file-name.ts'

export const command = defineCommand({
  options: {
    print: { summary: 'print the file instead of writing it' },
  },
  examples: [
    { line: 'footman library init && footman library generate', explains: 'begin a library in this folder' },
    { line: 'footman library init --print', explains: 'see every setting, explained' },
  ],
  writes: true,
  async run({ cwd, out, log, dryRun }, { print }) {
    const text = await readFile(shippedFile(`templates/library/${configFileName}`), 'utf8')
    if (print) {
      out.write(text)
      return
    }
    const path = join(cwd, configFileName)
    if (dryRun) {
      out.write(`write ${path}\n`)
      return
    }
    await writeOnce(path, text)
    log.info(`wrote ${path}; change it as you like, then: footman library generate`)
  },
})

/** Once it is there it belongs to the person. */
async function writeOnce(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' })
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw fileError('write', path, error)
    throw new UserError(`${path} is there already`, {
      hint: 'change it by hand; footman library init --print shows every setting',
      cause: error,
    })
  }
}
