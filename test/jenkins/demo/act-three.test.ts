import { expect, it } from 'vitest'
import { actThree } from '../../../jenkins/demo/act-three.ts'
import { tempDir } from '../../support/temp-dir.ts'

it('an upgrade to a version that spoils the home undoes itself, without a container engine', async () => {
  const said: string[] = []
  const folder = await tempDir()
  await actThree({
    say: (line) => said.push(line),
    env: {},
    folder,
    plain: true,
    signal: new AbortController().signal,
  })
  const told = said.join('\n')
  expect(told).toMatch(
    /^the controller runs inside this process, with a folder as its home \(as you asked\)$/m,
  )
  expect(told).toMatch(/^rolled-back: the new controller is not healthy: its boot has failed/m)
  expect(told).toMatch(/^Jenkins 2\.498 runs again after .*, on the same \d+ files, byte for byte$/m)
  expect(told).toContain(
    '  warning: last words of the new version:\n  | Running the practice controller 2.516 from: ',
  )
  expect(told).not.toContain('damaged')
})

it('what goes wrong in it is not hidden', async () => {
  const abort = new AbortController()
  const said: string[] = []
  const say = (line: string) => {
    said.push(line)
    if (line.includes('copying the home')) abort.abort(new Error('the curtain falls'))
  }
  const act = actThree({ say, env: {}, folder: await tempDir(), plain: true, signal: abort.signal })
  await expect(act).rejects.toThrow('the curtain falls')
  expect(said.at(-1)).not.toContain('byte for byte')
})
