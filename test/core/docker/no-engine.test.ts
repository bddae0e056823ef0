import { expect, test } from 'vitest'
import { noEngine } from '../../../core/docker/no-engine.ts'
import { engineError } from '../../../core/docker/refusals.ts'
import { RemoteError } from '../../../core/errors.ts'

function away(host: string, code: string) {
  return engineError(Object.assign(new Error(code), { code }), { doing: undefined, host })
}

test('every place that was tried is listed with what came of it', () => {
  const error = noEngine([
    { source: 'Docker', reason: away('unix:///var/run/docker.sock', 'ECONNREFUSED') },
    { source: 'rootless Docker', reason: 'there is no /run/user/1000/docker.sock' },
  ])
  expect(error.message).toBe(
    [
      'no container engine answers; tried:',
      '  Docker: the container engine at unix:///var/run/docker.sock does not answer (ECONNREFUSED)',
      '  rootless Docker: there is no /run/user/1000/docker.sock',
    ].join('\n'),
  )
})

test('the cure is that of the failure which tells most', () => {
  const error = noEngine([
    { source: 'Colima', reason: away('unix:///colima.sock', 'ECONNREFUSED') },
    { source: 'Docker', reason: away('unix:///var/run/docker.sock', 'EACCES') },
  ])
  expect(error.hint).toMatch(/usermod -aG docker/)
})

test('a machine without any engine is told to install one', () => {
  const error = noEngine([{ source: 'Docker', reason: 'there is no /var/run/docker.sock' }])
  expect(error).toBeInstanceOf(RemoteError)
  expect(error.hint).toMatch(/^install Docker, Podman or Colima/)
})
