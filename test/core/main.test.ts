import { expect, it } from 'vitest'
import { startChild } from '../support/child.ts'

it.each([
  ['SIGINT' as const, 130],
  ['SIGTERM' as const, 143],
])('a second %s ends a process that does not want to end, with code %d', async (signal, code) => {
  const child = startChild('stubborn-command', 'wait')
  expect(await child.line()).toBe('waiting')
  child.process.kill(signal)
  expect(await child.line()).toBe('asked to stop')
  child.process.kill(signal)
  expect(await child.exit).toBe(code)
})

it('a reader that has seen enough is no failure', async () => {
  const child = startChild('stubborn-command', 'print')
  await child.line()
  child.process.stdout?.destroy()
  expect(await child.exit).toBe(0)
})
