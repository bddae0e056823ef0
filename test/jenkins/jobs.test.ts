import { expect, test } from 'vitest'
import { serveHttp } from '../support/local-server.ts'
import { replayed } from '../support/replay-server.ts'

test('a build is queued without quiet period, and its queue item is known', async () => {
  const jenkins = await replayed([['jobs-and-builds', 26]])
  expect(await jenkins.build('ls')).toBe(128)
})

test('who may not build reads which permission is missing', async () => {
  const jenkins = await replayed([['permissions', 45, 'query']], { user: 'contributor' })
  await expect(jenkins.build('perm-job')).rejects.toMatchObject({
    failure: 'forbidden',
    permission: 'hudson.model.Item.Build',
    hint: expect.stringContaining('Job/Build'),
  })
})

test('a freestyle build knows its node, a Pipeline does not', async () => {
  const jenkins = await replayed([
    ['node-states', 17],
    ['node-states', 25],
    ['node-states', 14],
  ])
  expect(await jenkins.buildState('free1', 1)).toEqual({
    number: 1,
    building: false,
    result: 'SUCCESS',
    durationMs: 10_076,
    builtOn: 'n1',
  })
  expect(await jenkins.buildState('pipe1', 1)).toMatchObject({ result: 'SUCCESS', builtOn: undefined })
  expect(await jenkins.buildState('free1', 1)).toMatchObject({ building: true, result: undefined })
})

test('a build on the built-in node is named so', async () => {
  const url = await serveHttp((_request, response) => response.end('{"builtOn":"","result":"ABORTED"}'))
  const jenkins = await replayed([], { url })
  expect(await jenkins.buildState('x', 1)).toMatchObject({ builtOn: 'built-in', durationMs: 0 })
})

test('a build or job that does not exist is not found', async () => {
  const jenkins = await replayed([['jobs-and-builds', 23]])
  await expect(jenkins.buildState('ls', 99)).rejects.toMatchObject({
    failure: 'not-found',
    message: expect.stringContaining('Cannot read ls #99'),
  })
})

test('the log of a build is its console text', async () => {
  const jenkins = await replayed([['jobs-and-builds', 8]])
  expect(await jenkins.buildLog('lp', 1)).toContain('Running on g1 in /home/jenkins/agent/workspace/lp')
})

test('a job that exists already is a conflict', async () => {
  const jenkins = await replayed([['jobs-and-builds', 27]])
  await expect(jenkins.createJob('ls', '<project/>')).rejects.toMatchObject({
    failure: 'conflict',
    message: expect.stringContaining('A job already exists with the name ls'),
  })
})

test('creating a job needs Job/Create', async () => {
  const jenkins = await replayed([['permissions', 64]], { user: 'contributor' })
  await expect(jenkins.createJob('x', '<project/>')).rejects.toMatchObject({
    permission: 'hudson.model.Item.Create',
  })
})

test('jobs in folders are made, built, stopped and deleted at the right places', async () => {
  const requests: string[] = []
  const url = await serveHttp((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    if (request.url?.includes('createItem')) response.writeHead(200)
    else if (request.url?.includes('build?')) response.writeHead(201, { Location: '/queue/item/7/' })
    else if (request.url?.endsWith('stop')) response.writeHead(302, { Location: '/job/team%20a/job/app/3/' })
    else response.writeHead(302, { Location: '/job/team%20a/' })
    response.end()
  })
  const jenkins = await replayed([], { url })
  await jenkins.createJob('team a/app', '<project/>')
  expect(await jenkins.build('team a/app')).toBe(7)
  await jenkins.stopBuild('team a/app', 3)
  await jenkins.deleteJob('team a/app')
  expect(requests).toEqual([
    'POST /job/team%20a/createItem?name=app',
    'POST /job/team%20a/job/app/build?delay=0sec',
    'POST /job/team%20a/job/app/3/stop',
    'POST /job/team%20a/job/app/doDelete',
  ])
})

test('a queued build without the place of its queue item is a fault', async () => {
  const url = await serveHttp((_request, response) => response.writeHead(201).end())
  const jenkins = await replayed([], { url })
  await expect(jenkins.build('x')).rejects.toMatchObject({ failure: 'broken' })
})
