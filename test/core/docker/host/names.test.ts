import { expect, test } from 'vitest'
import { parseImageName } from '../../../../core/docker/host/names.ts'

test.each([
  ['jenkins', 'jenkins', 'latest', undefined, 'docker.io'],
  ['jenkins/jenkins:lts', 'jenkins/jenkins', 'lts', undefined, 'docker.io'],
  ['docker.io/jenkins/jenkins', 'docker.io/jenkins/jenkins', 'latest', undefined, 'docker.io'],
  ['localhost/a:1', 'localhost/a', '1', undefined, 'localhost'],
  ['127.0.0.1:5000/a/b', '127.0.0.1:5000/a/b', 'latest', undefined, '127.0.0.1:5000'],
  ['r.example/a:1@sha256:ab', 'r.example/a', undefined, 'sha256:ab', 'r.example'],
])('the image name %s comes apart', (reference, repository, tag, digest, registry) => {
  expect(parseImageName(reference)).toEqual({ repository, tag, digest, registry })
})
