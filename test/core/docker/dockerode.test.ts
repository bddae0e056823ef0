import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { loadDockerode } from '../../../core/docker/dockerode.ts'

const require = createRequire(import.meta.url)

test('dockerode comes without gRPC, protobuf and SSH, which an idle daemon would carry around for nothing', () => {
  const Dockerode = loadDockerode()
  expect(new Dockerode({ socketPath: '/nowhere' }).getContainer('x').id).toBe('x')
  const loaded = loadedBy(require.cache[require.resolve('dockerode')])
  expect([...loaded].filter((path) => /docker-modem\/lib\/modem\.js$/.test(path))).toHaveLength(1)
  expect(
    [...loaded].filter((path) => /node_modules\/(@grpc|protobufjs|@protobufjs|ssh2)\//.test(path)),
  ).toEqual([])
})

/** Files of a module and of all that it asked for; other tests of this process may have loaded more. */
function loadedBy(module: NodeJS.Module | undefined, seen = new Set<string>()): Set<string> {
  if (!module || seen.has(module.filename)) return seen
  seen.add(module.filename)
  for (const child of module.children) loadedBy(child, seen)
  return seen
}
