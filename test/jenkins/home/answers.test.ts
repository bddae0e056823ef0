import { describe, expect, it } from 'vitest'
import { RemoteError, UserError } from '../../../core/errors.ts'
import {
  backupsOf,
  copyReport,
  failedHomesOf,
  failureOf,
  hear,
  homeMeasure,
  type Said,
} from '../../../jenkins/home/answers.ts'

const places = { controller: 'butler', home: 'jenkins_home', store: '/backups', image: 'jenkins' }

function heard(...lines: string[]): Said & { progress: string[] } {
  const said = {
    results: [],
    refusals: [],
    full: undefined,
    notes: [],
    code: undefined,
    progress: [] as string[],
  }
  for (const line of lines) {
    const progress = hear(said, line)
    if (progress !== undefined) said.progress.push(progress)
  }
  return said
}

describe('what the script says', () => {
  it('is progress in words, results, and the end', () => {
    const said = heard(
      'progress look',
      'alive',
      'progress copy 1 2048',
      'progress read 20',
      'result a  b',
      'end 0',
    )
    expect(said).toMatchObject({ results: ['a  b'], notes: [], code: 0 })
    expect(said.progress).toEqual([
      'looking at what has changed',
      'copying 1 file (2 KiB)',
      'reading 20 files',
    ])
  })

  it('that refuses is an error of the user, and what a program complains of is told with the exit code', () => {
    const refused = failureOf(heard('refuse there is no complete backup x', 'end 2'), places)
    expect(refused).toBeInstanceOf(UserError)
    expect(refused.message).toBe('there is no complete backup x')
    const failed = failureOf(heard('said cp: cannot read', 'said cp: again', 'end 1'), places)
    expect(failed).toBeInstanceOf(RemoteError)
    expect(failed.message).toBe(
      'the work on the home of butler failed with exit code 1:\ncp: cannot read\ncp: again',
    )
  })

  it('that has no end was cut off', () => {
    const cut = failureOf(heard('progress look'), places)
    expect(cut.message).toBe('the helper container for butler was ended before its work was done')
    expect(cut.hint).toMatch(/try again/)
  })

  it.each([
    [
      'full store 3000000 10 2 100000 50',
      'the disk is full where the backups are (/backups): 2.9 MiB are needed, 195.3 KiB are free, 2.7 MiB are missing',
    ],
    [
      'full home 4096 10 10 4096 4',
      'the disk is full where the home is (jenkins_home): 4 KiB are needed, 40 KiB are free, room for 6 more files is missing',
    ],
    [
      'full target 10 1 0 4096 4',
      'the disk is full where volumes are: 10 B are needed, 0 B are free, 10 B are missing',
    ],
    ['full  0 4096 4', 'the disk is full where the backups are (/backups)'],
  ])('%s is told with what is missing', (line, message) => {
    expect(failureOf(heard(line, 'end 1'), places).message).toBe(message)
  })

  it('as numbers is a report, or no answer of ours', () => {
    expect(copyReport(['5 100 2 40 1'])).toEqual({
      files: 5,
      bytes: 100,
      copiedFiles: 2,
      copiedBytes: 40,
      removedFiles: 1,
    })
    expect(homeMeasure(['5 100 10 4096 20 4096 7 100'])).toEqual({
      files: 5,
      bytes: 100,
      homeFreeBytes: 40_960,
      storeFreeBytes: 81_920,
      storeFreeInodes: 7,
    })
    expect(homeMeasure(['5 100 10 4096 20 4096 0 0']).storeFreeInodes).toBeUndefined()
    for (const line of [undefined, '', '1 2', '1 2 3 4 x']) {
      expect(() => copyReport(line === undefined ? [] : [line])).toThrow(
        'cannot read what the helper container answered',
      )
    }
  })
})

describe('a list of the store', () => {
  const facts = { version: '2.498', imageId: 'sha256:1', transaction: 't', reason: 'why not', atMs: 1 }
  const line = (id: string, verified: string, more: object = {}) =>
    `${id} ${'a'.repeat(64)} ${verified} ${JSON.stringify({ facts: { ...facts, ...more }, files: 1, bytes: 2 })}`

  it('has backups and failed homes, newest first', () => {
    const lines = [
      line('old', '-'),
      line('new', '77', { atMs: 2, digest: 'sha256:2' }),
      line('failed/bad', '-', { atMs: 3 }),
    ]
    expect(backupsOf(lines)).toEqual([
      {
        id: 'new',
        ...facts,
        atMs: 2,
        digest: 'sha256:2',
        files: 1,
        bytes: 2,
        sha256: 'a'.repeat(64),
        verifiedAtMs: 77,
      },
      {
        id: 'old',
        ...facts,
        digest: undefined,
        files: 1,
        bytes: 2,
        sha256: 'a'.repeat(64),
        verifiedAtMs: undefined,
      },
    ])
    expect(failedHomesOf(lines)).toEqual([{ id: 'bad', atMs: 3, bytes: 2 }])
  })

  it('leaves out what it cannot read', () => {
    expect(backupsOf(['x', 'a b c {', 'a b c {}', line('good', '-')]).map(({ id }) => id)).toEqual(['good'])
  })
})
