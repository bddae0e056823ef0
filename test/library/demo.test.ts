import { readdir } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { actTwo } from '../../library/demo.ts'
import { tempDir } from '../support/temp-dir.ts'

it('act two generates a library, finds a change, refuses a slip, and runs a step with bash alone', async () => {
  const folder = await tempDir()
  const said: string[] = []
  await actTwo({ say: (line) => said.push(line), signal: new AbortController().signal, folder })
  const text = said.join('\n')
  expect(text).toMatch(/^a library of \d+ steps, \d+ files, was generated in \d+ ms/)
  expect(text).toContain('  vars/ourWithEatMyData.groovy')
  expect(text).toContain('check ends with exit code 5 and names vars/ourWithEatMyData.groovy')
  expect(text).toContain("ourWithEatMyData: there is no parameter 'comand'; did you mean 'command'?")
  expect(text).toContain('  | $(date) is a value here, and stays one')
  expect(text).toMatch(/ourWithEatMyData: ran for \d+ s/)
  expect(await readdir(folder)).toEqual(['library'])
})
