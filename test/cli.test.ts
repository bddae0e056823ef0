import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { shippedFile } from '../core/package.ts'

/** Runs the real binary in a process of its own, as a shell would. */
function footman(...argv: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const words = ['--import', 'tsx', shippedFile('cli.ts'), ...argv]
  return new Promise((resolve) => {
    execFile(process.execPath, words, (error, stdout, stderr) => {
      resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}

it('the binary tells its version, and ends with the exit code of what it did', async () => {
  const { version } = JSON.parse(await readFile(shippedFile('package.json'), 'utf8'))
  const [told, refused] = await Promise.all([footman('--version'), footman('nonsense')])
  expect(told).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' })
  expect(refused.exitCode).toBe(2)
  expect(refused.stderr).toContain("error: unknown command 'nonsense'")
})
