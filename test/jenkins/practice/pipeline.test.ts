import { describe, expect, test } from 'vitest'
import { parsePipeline } from '../../../jenkins/practice/pipeline.ts'

describe('the Pipelines that the practice controller plays', () => {
  test('node blocks in sequence, with and without label', () => {
    const script = `
      // first here
      node('4CPU8G && linux') { sh 'make'; echo "it's done" }
      node { sleep 3 }`
    expect(parsePipeline(script)).toEqual({
      steps: [
        {
          kind: 'node',
          label: '4CPU8G && linux',
          body: [
            { kind: 'sh', script: 'make' },
            { kind: 'echo', message: "it's done" },
          ],
        },
        { kind: 'node', label: '', body: [{ kind: 'sleep', seconds: 3 }] },
      ],
      problem: undefined,
    })
  })

  test('parallel branches in every spelling', () => {
    const expected = [
      {
        kind: 'parallel',
        branches: [
          { name: 'a', body: [{ kind: 'node', label: 'x', body: [] }] },
          { name: 'b c', body: [{ kind: 'error', message: 'no' }] },
        ],
      },
    ]
    for (const script of [
      `parallel(a: { node('x') {} }, 'b c': { error 'no' }, failFast: true)`,
      `parallel a: { node('x') {} }, 'b c': { error('no') }`,
      `parallel([a: { node('x') {} }, 'b c': { error 'no' }])`,
    ])
      expect(parsePipeline(script).steps).toEqual(expected)
  })

  test('a declarative Pipeline is the nodes that its agents ask for', () => {
    const script = `
      pipeline {
        agent { label 'linux' }
        stages {
          stage('build') { steps { sh(script: 'make') } }
          stage('test') { agent any
            steps { sleep(time: 2, unit: 'MINUTES') } }
        }
      }`
    expect(parsePipeline(script).steps).toEqual([
      {
        kind: 'node',
        label: 'linux',
        body: [
          { kind: 'stage', name: 'build', body: [{ kind: 'sh', script: 'make' }] },
          {
            kind: 'stage',
            name: 'test',
            body: [{ kind: 'node', label: '', body: [{ kind: 'sleep', seconds: 120 }] }],
          },
        ],
      },
    ])
  })

  test('scripts over several lines, and escapes', () => {
    const steps = parsePipeline(`node {\n sh '''\n a\n b\n'''\n echo 'tab\\there \\\\ \\'q\\''\n}`).steps
    expect(steps).toEqual([
      {
        kind: 'node',
        label: '',
        body: [
          { kind: 'sh', script: '\n a\n b\n' },
          { kind: 'echo', message: "tab\there \\ 'q'" },
        ],
      },
    ])
  })

  test.each([
    [
      'def x = 1',
      "1: the practice controller plays only node, stage, parallel, sh, echo, sleep and error, found 'def'",
    ],
    ['node("x") {\n sh "echo $y"\n}', '2: the practice controller expected a text'],
    ['node("x") {\n', '2: the practice controller plays only'],
    ['node("x") { sh(label: 3) }', "1: the practice controller expected a text, found '3'"],
    ['pipeline { agent none }', "1: the practice controller expected 'stages', found '}'"],
  ])('%j is told as a problem, with its line', (script, problem) => {
    expect(parsePipeline(script)).toEqual({
      steps: [],
      problem: expect.stringContaining(`WorkflowScript: ${problem}`),
    })
  })
})
