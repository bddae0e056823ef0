import { expect, test } from 'vitest'
import { spaceConcern } from '../../../jenkins/upgrade/space.ts'

const home = {
  files: 1000,
  bytes: 1_000_000,
  storeFreeBytes: 10_000_000,
  homeFreeBytes: 10_000_000,
  storeFreeInodes: undefined,
}

test('the first backup takes as much as the home, a rehearsal as much again', () => {
  const free = (storeFreeBytes: number) => ({ ...home, storeFreeBytes })
  const first = { rehearse: false, isFirst: true }
  expect(spaceConcern(free(1_100_000), first)).toBeUndefined()
  expect(spaceConcern(free(1_099_999), first)).toMatchObject({ severity: 'refuse' })
  expect(spaceConcern(free(1_100_000), { rehearse: true, isFirst: true })).toMatchObject({
    severity: 'refuse',
  })
  expect(spaceConcern(free(1_210_000), { rehearse: true, isFirst: false })).toBeUndefined()
})

test('a later backup needs only what has changed', () => {
  expect(
    spaceConcern({ ...home, storeFreeBytes: 200_000 }, { rehearse: false, isFirst: false }),
  ).toBeUndefined()
})

test('a file system without inodes left is as full as one without bytes', () => {
  const concern = spaceConcern({ ...home, storeFreeInodes: 900 }, { rehearse: false, isFirst: true })
  expect(concern?.message).toContain('900')
})
