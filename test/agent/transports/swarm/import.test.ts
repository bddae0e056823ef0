import { describe, expect, test } from 'vitest'
import { agentConfigSchema } from '../../../../agent/config/schema.ts'
import { type Imported, importSwarmArguments } from '../../../../agent/transports/swarm/import.ts'

const url = ['-url', 'https://jenkins.example.com/']

function importing(words: readonly string[], files: Record<string, string> = {}): Promise<Imported> {
  return importSwarmArguments(words, {
    cwd: '/home/ann',
    tokenFile: '/home/ann/.config/footman/token',
    readText: async (path) => {
      const text = files[path]
      if (text === undefined) throw new Error(`no ${path}`)
      return text
    },
  })
}

test('a whole old command line becomes settings that footman takes', async () => {
  const line =
    'java -Xmx64m -jar swarm-client.jar -master https://jenkins.example.com/ci -name laptop-ann -username ann -passwordFile token -labels linux -executors 3 -mode exclusive -webSocket -deleteExistingClients -disableClientsUniqueId -e LANG=C.UTF-8 -retry 5'
  const { settings } = await importing([...line.split(' '), '-labels', 'docker jdk21'])
  expect(settings).toEqual({
    controller: { url: 'https://jenkins.example.com/ci', user: 'ann', token: 'file:/home/ann/token' },
    machine: { name: 'laptop-ann', slots: 3, features: ['linux', 'docker', 'jdk21'] },
    templates: [{ name: 'default', env: { LANG: 'C.UTF-8' } }],
    transport: 'swarm',
    swarm: { connect: 'websocket' },
  })
  expect(agentConfigSchema.safeParse(settings).success).toBe(true)
})

test('without -webSocket agents connect as the client did, over TCP', async () => {
  expect((await importing(url)).settings.swarm).toEqual({ connect: 'tcp' })
})

describe('a secret becomes a reference, never a value', () => {
  const all = [
    '-username',
    'ann',
    '-password',
    'hunter22',
    '-passwordEnvVariable',
    'TOKEN',
    '-passwordFile',
    '/f',
  ]
  test.each([
    [all, 'env:TOKEN'],
    [all.slice(6), 'file:/f'],
    [all.slice(2, 4), 'file:/home/ann/.config/footman/token'],
    [[], 'file:/home/ann/.config/footman/token'],
  ])('%#', async (words, token) => {
    const imported = await importing([...url, ...words])
    expect(imported.settings.controller.token).toBe(token)
    expect(JSON.stringify(imported)).not.toContain('hunter22')
  })

  test('also among the variables, and in errors', async () => {
    const words = [...url, '-e', 'NPM_TOKEN=hunter22', '--env', 'A=b']
    const imported = await importing(words)
    expect(imported.settings.templates).toEqual([{ name: 'default', env: { A: 'b' } }])
    expect(JSON.stringify(imported)).not.toContain('hunter22')
    await expect(importing([...url, '-labels', 'a', 'hunter22'])).rejects.not.toThrow(/hunter22/)
    await expect(
      importing(['-config', 'c.yaml'], { '/home/ann/c.yaml': 'url: [hunter22' }),
    ).rejects.not.toThrow(/hunter22/)
  })
})

test('labels are taken apart: sizes need none, the plugin gives its own, and operators are none', async () => {
  const files = { '/etc/labels': 'gpu\n4CPU8G\n' }
  const { settings, notes } = await importing(
    [...url, '-labels', 'swarm  linux 2CPU4G linux', '-labels', 'a&&b', '-labelsFile', '/etc/labels'],
    files,
  )
  expect(settings.machine?.features).toEqual(['linux', 'gpu'])
  expect(notes).toEqual(
    expect.arrayContaining([
      expect.stringContaining('2CPU4G, 4CPU8G need no label'),
      expect.stringContaining('a&&b'),
      expect.stringContaining('is not watched'),
    ]),
  )
})

test("the client's own file is read in the place of options, and not beside them", async () => {
  const text =
    'url: https://jenkins.example.com/\nlabels: [linux, docker]\nexecutors: 2\nwebSocket: true\ndisableClientsUniqueId: false\nenvironmentVariables:\n  LANG: C\n'
  const files = { '/home/ann/old.yaml': text }
  expect((await importing(['-config', 'old.yaml'], files)).settings).toMatchObject({
    machine: { slots: 2, features: ['linux', 'docker'] },
    templates: [{ env: { LANG: 'C' } }],
    swarm: { connect: 'websocket' },
  })
  await expect(importing(['-config', 'old.yaml', ...url], files)).rejects.toThrow(/not both/)
})

test.each([
  [['-ulr', 'x'], /-ulr is no option/, 'did you mean -url?'],
  [['-url'], /-url of the Swarm client has no value/, expect.any(String)],
  [['-name', 'x'], /needs -url/, expect.any(String)],
  [['java', '-jar', 'swarm-client.jar'], /needs -url/, expect.any(String)],
])('what the client would refuse is refused: %j', async (words, message, hint) => {
  await expect(importing(words)).rejects.toMatchObject({
    code: 'config',
    message: expect.stringMatching(message),
    hint,
  })
})

test('what footman does otherwise is told', async () => {
  const { notes } = await importing([
    ...url,
    '-tunnel',
    'x:1',
    '-disableSslVerification',
    '-t',
    'jdk=/opt',
    '-fsroot',
    '/x',
  ])
  for (const word of [
    'controller.caFile',
    'controller.agentUrl',
    'templates[].image',
    'NAME-1',
    '-username',
  ]) {
    expect(notes.join('\n')).toContain(word)
  }
})
