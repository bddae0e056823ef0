import { describe, expect, test } from 'vitest'
import type { RawImage } from '../../../core/container-host.ts'
import { newest } from '../../../jenkins/upgrade/newest.ts'

const reference = 'registry.example:5000/team/jenkins:lts'
const platforms = [{ os: 'linux', arch: 'amd64' }]
const first = `sha256:${'1'.repeat(64)}`
const second = `sha256:${'2'.repeat(64)}`

function image(id: string, digests: string[] = []): RawImage {
  return {
    Id: id,
    RepoTags: [],
    RepoDigests: digests.map((digest) => `registry.example:5000/team/jenkins@${digest}`),
    Config: {},
  }
}

describe('with a registry that can be asked', () => {
  test('the digest that runs is nothing new, although the tag here was moved meanwhile', () => {
    const running = image('old', [first])
    const found = newest({ reference, running, local: image('other'), remote: { digest: first, platforms } })
    expect(found).toMatchObject({ verdict: 'up-to-date', pull: false, digest: first })
  })

  test('another digest is newer and has to be pulled', () => {
    const running = image('old', [first])
    const found = newest({ reference, running, local: running, remote: { digest: second, platforms } })
    expect(found).toMatchObject({ verdict: 'newer', pull: true, digest: second, imageId: undefined })
  })

  test('a newer one that somebody has pulled already is not pulled again', () => {
    const local = image('new', [second])
    const found = newest({
      reference,
      running: image('old', [first]),
      local,
      remote: { digest: second, platforms },
    })
    expect(found).toMatchObject({ verdict: 'newer', pull: false, imageId: 'new' })
  })

  test('of several digests of the image that runs any one will do', () => {
    const running = image('old', [first, second])
    expect(
      newest({ reference, running, local: running, remote: { digest: second, platforms } }).verdict,
    ).toBe('up-to-date')
  })
})

describe('without a registry', () => {
  test('an image that was built here is compared by its id', () => {
    const running = image('old')
    expect(newest({ reference, running, local: running, remote: undefined }).verdict).toBe('up-to-date')
    expect(newest({ reference, running, local: image('new'), remote: undefined })).toMatchObject({
      verdict: 'newer',
      pull: false,
      imageId: 'new',
      digest: undefined,
    })
  })

  test('whether an image from a registry is the newest, only pulling can tell', () => {
    const running = image('old', [first])
    expect(newest({ reference, running, local: running, remote: undefined })).toMatchObject({
      verdict: 'unknown',
      pull: true,
    })
  })

  test('a reference that names nothing anywhere is unknown', () => {
    expect(newest({ reference, running: image('old'), local: undefined, remote: undefined }).verdict).toBe(
      'unknown',
    )
  })
})

describe('with a digest in the reference', () => {
  const pinned = `registry.example:5000/team/jenkins:lts@${first}`

  test('no registry can change what it names', () => {
    const running = image('old', [first])
    const found = newest({
      reference: pinned,
      running,
      local: running,
      remote: { digest: second, platforms },
    })
    expect(found).toMatchObject({ verdict: 'pinned', pull: false, digest: first })
  })

  test('another one than what runs is gone to', () => {
    const running = image('old', [second])
    expect(newest({ reference: pinned, running, local: undefined, remote: undefined })).toMatchObject({
      verdict: 'newer',
      pull: true,
      digest: first,
    })
  })
})
