import { expect, test } from 'vitest'
import { serveHttp } from '../support/local-server.ts'
import { recorded } from '../support/recordings.ts'
import { replayed } from '../support/replay-server.ts'

test('the plugins come with their versions and whether they work', async () => {
  const jenkins = await replayed([['labels-load-plugins', 14]])
  expect(await jenkins.plugins()).toEqual([
    { shortName: 'credentials', version: '1408.va_622a_b_f5b_1b_1', active: true, enabled: true },
    { shortName: 'ssh-slaves', version: '3.1031.v72c6b_883b_869', active: true, enabled: true },
    { shortName: 'swarm', version: '3.51', active: true, enabled: true },
  ])
})

test('the reason of a quiet mode is told where there is one', async () => {
  const withReason = await replayed([['boot-restart', 10]])
  expect(await withReason.root()).toMatchObject({ quietingDown: true, quietDownReason: 'form message' })
  const without = await replayed([['boot-restart', 8]])
  const state = await without.root()
  expect(state.quietingDown).toBe(true)
  expect(state.quietDownReason).toBeUndefined()
})

test('without Overall/SystemRead the plugins are not to be had, and the error says so', async () => {
  const jenkins = await replayed([['permissions', 50]], { user: 'contributor' })
  await expect(jenkins.plugins()).rejects.toMatchObject({
    failure: 'forbidden',
    permission: expect.stringMatching(/^hudson\.model\.Hudson\./),
  })
})

test('the top-level jobs are counted', async () => {
  const jenkins = await replayed([['jobs-and-builds', 0]])
  expect(await jenkins.jobCount()).toBe(recordedJobs().length)
})

test('jobs in folders count, and what a Multibranch project made of branches does not', async () => {
  const jenkins = await answering({
    jobs: [
      { _class: 'hudson.model.FreeStyleProject', name: 'a' },
      {
        _class: 'com.cloudbees.hudson.plugins.folder.Folder',
        name: 'team',
        jobs: [
          { _class: 'org.jenkinsci.plugins.workflow.job.WorkflowJob', name: 'b' },
          { _class: 'com.cloudbees.hudson.plugins.folder.Folder', name: 'deep', jobs: [{ name: 'c' }] },
        ],
      },
      {
        _class: 'org.jenkinsci.plugins.workflow.multibranch.WorkflowMultiBranchProject',
        name: 'repository',
        jobs: [{ name: 'main' }, { name: 'feature' }],
      },
      { _class: 'jenkins.branch.OrganizationFolder', name: 'org', jobs: [{ name: 'x' }] },
    ],
  })
  expect(await jenkins.jobCount()).toBe(7)
})

test('a build that holds an executor is told from a Pipeline, whose node block and flyweight are one', async () => {
  const pipeline = 'http://jenkins.example:8080/job/pipe1/1/'
  const jenkins = await answering({
    computer: [
      {
        executors: [{ idle: true }, { idle: false, currentExecutable: null }],
        oneOffExecutors: [
          {
            idle: false,
            currentExecutable: { _class: 'org.jenkinsci.plugins.workflow.job.WorkflowRun', url: pipeline },
          },
        ],
      },
      {
        executors: [
          {
            idle: false,
            currentExecutable: {
              _class:
                'org.jenkinsci.plugins.workflow.support.steps.ExecutorStepExecution$PlaceholderTask$PlaceholderExecutable',
              url: pipeline,
            },
          },
          {
            idle: false,
            currentExecutable: { _class: 'hudson.model.FreeStyleBuild', url: 'http://j/job/f/1/' },
          },
        ],
        oneOffExecutors: [],
      },
    ],
  })
  expect(await jenkins.runningBuilds()).toEqual([
    { url: undefined, resumable: false },
    { url: pipeline, resumable: true },
    { url: 'http://j/job/f/1/', resumable: false },
  ])
})

test('a recorded freestyle build keeps its executor busy', async () => {
  const jenkins = await replayed([['node-states', 15]])
  expect(await jenkins.runningBuilds()).toEqual([
    { url: 'http://jenkins.example:8080/job/free1/1/', resumable: false },
  ])
})

function recordedJobs(): unknown[] {
  const { body } = recorded('jobs-and-builds', 0).response
  return typeof body === 'object' && body && 'jobs' in body && Array.isArray(body.jobs) ? body.jobs : []
}

async function answering(body: unknown) {
  const url = await serveHttp((_, response) => {
    response
      .writeHead(200, {
        'Content-Type': 'application/json;charset=utf-8',
        'X-Jenkins': '2.498',
        'X-Jenkins-Session': '40a25691',
      })
      .end(JSON.stringify(body))
  })
  return replayed([], { url })
}
