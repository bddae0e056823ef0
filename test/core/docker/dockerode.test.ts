import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { loadDockerode } from '../../../core/docker/dockerode.ts'

const require = createRequire(import.meta.url)

test('dockerode comes without gRPC, protobuf and SSH, which an idle daemon would carry around for nothing', () => {
  const Dockerode = loadDockerode()
  expect(new Dockerode({ socketPath: '/nowhere' }).getContainer('x').id).toBe('x')
  const loaded = Object.keys(require.cache)
  expect(loaded.filter((path) => /dockerode\/lib\/docker\.js$/.test(path))).toHaveLength(1)
  expect(loaded.filter((path) => /node_modules\/(@grpc|protobufjs|@protobufjs|ssh2)\//.test(path))).toEqual(
    [],
  )
})
