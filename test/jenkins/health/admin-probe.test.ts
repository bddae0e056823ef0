import { expect, test } from 'vitest'
import { Secret } from '../../../core/secret.ts'
import { runProbe } from '../../../jenkins/health/admin-probe.ts'

const checked = { container: 'jenkins', version: '2.516.1', url: 'http://127.0.0.1:8080/' }

function probe(script: string, over: Partial<Parameters<typeof runProbe>[1]> = {}, timeoutMs = 10_000) {
  return runProbe(['sh', '-c', script], { ...checked, ...over }, { timeoutMs })
}

test('exit code 0 is healthy, and the program knows what to look at', async () => {
  const isRight =
    'test "$FOOTMAN_CONTAINER" = jenkins && test "$FOOTMAN_VERSION" = 2.516.1 && test "$FOOTMAN_URL" = http://127.0.0.1:8080/'
  expect(await probe(isRight)).toEqual({ healthy: true })
  expect(await probe('! env | grep -q ^FOOTMAN_URL=', { url: undefined })).toEqual({ healthy: true })
})

test('any other exit code is not, and the last words say why, without secrets', async () => {
  const secret = new Secret('s3cret-of-the-probe')
  const result = await probe(`echo login works; echo 'no builds with ${secret.reveal()}' >&2; exit 3`)
  expect(result).toMatchObject({
    healthy: false,
    reason: expect.stringMatching(/exit code 3: login works\nno builds with \[redacted\]$/),
  })
})

test('a program that hangs is stopped', async () => {
  expect(await probe('exec sleep 60', {}, 50)).toMatchObject({
    healthy: false,
    reason: expect.stringContaining('was stopped after'),
  })
})

test('a program that does not exist is not healthy', async () => {
  const result = await runProbe(['/no/such/check'], checked, { timeoutMs: 1000 })
  expect(result).toMatchObject({ healthy: false, reason: expect.stringContaining('not found') })
})
