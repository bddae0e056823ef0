import { expect, test } from 'vitest'
import { serveHttp } from '../support/local-server.ts'
import { replayed } from '../support/replay-server.ts'

test('Jenkins is quieted down with a reason, and let go again', async () => {
  const jenkins = await replayed([
    ['boot-restart', 9],
    ['boot-restart', 11],
    ['boot-restart', 12],
  ])
  await jenkins.quietDown('form message')
  await jenkins.cancelQuietDown()
  await jenkins.cancelQuietDown()
})

test('Jenkins is restarted when it is idle', async () => {
  const jenkins = await replayed([['boot-restart', 15, 'query']])
  await jenkins.safeRestart()
})

test('Jenkins is restarted at once', async () => {
  const requests: string[] = []
  const url = await serveHttp((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    response.writeHead(302, { Location: '/' }).end()
  })
  const jenkins = await replayed([], { url })
  await jenkins.restart()
  expect(requests).toEqual(['POST /restart'])
})

test('a restart needs Overall/Administer', async () => {
  const jenkins = await replayed([['permissions', 56]], { user: 'contributor' })
  await expect(jenkins.safeRestart()).rejects.toMatchObject({
    failure: 'forbidden',
    permission: 'hudson.model.Hudson.Administer',
    hint: 'ask an administrator of Jenkins to give contributor the permission Overall/Administer',
  })
})
