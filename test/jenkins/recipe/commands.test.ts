import fc from 'fast-check'
import { expect, test } from 'vitest'
import { recreateCommands } from '../../../jenkins/recipe/commands.ts'
import { recipeOf } from '../../../jenkins/recipe/make-recipe.ts'
import { mountOption } from '../../../jenkins/recipe/mount-option.ts'
import { recorded, recordedImage, recordedNeighbour } from '../../support/inspect-recordings.ts'

function commands(name: string): string[] {
  return recreateCommands(
    recipeOf({
      container: recorded(name),
      oldImage: recordedImage('old'),
      newImage: recordedImage('new'),
      name: 'jenkins',
      reference: 'jenkins/jenkins:lts',
      neighbours: { [recordedNeighbour()]: 'rec-other' },
    }),
  )
}

test('a usual container is made again by one line that a person can read', () => {
  const [create, start, ...rest] = commands('usual')
  expect(create).toMatch(
    /^docker create --name jenkins --label 'footman-test=rec' --volume rec-home:\/var\/jenkins_home --publish 127\.0\.0\.1:\d+:50000\/tcp --publish 8080:8080\/tcp --restart unless-stopped .* jenkins\/jenkins:lts$/,
  )
  expect(start).toBe('docker start jenkins')
  expect(rest).toEqual([])
})

test('words with blanks and quotes come through a shell', () => {
  const [create] = commands('own-settings')
  expect(create).toContain(`--env 'JAVA_OPTS=-Xmx1g -Dsay="hello"'`)
  expect(create).toContain(`--entrypoint sh jenkins/jenkins:lts -c 'sleep 3600; echo '\\''done'\\'''`)
  expect(create).toContain('--health-cmd true --health-interval 7s --health-retries 9')
})

test('further networks are connected before the start', () => {
  const [create, ...rest] = commands('own-network')
  expect(create).toContain('--ip 10.214.0.77 --network-alias butler --link rec-other:db')
  expect(rest).toEqual([
    'docker network connect bridge jenkins',
    'docker network connect --ip 10.214.1.78 --alias jenkins rec-back jenkins',
    'docker start jenkins',
  ])
})

test('what the command line has no option for is said, not dropped', () => {
  const body = {
    Image: 'x',
    Shell: ['/bin/bash'],
    HostConfig: { Novelty: { a: 1 }, CpuCount: 0, ReadonlyPaths: ['/proc/bus'] },
  }
  expect(recreateCommands({ name: 'a', body, connect: [] })).toEqual([
    '# docker create has no option for Shell: ["/bin/bash"]',
    '# docker create has no option for HostConfig.Novelty: {"a":1}',
    'docker create --name a x',
    'docker start a',
  ])
})

test('nothing of the recorded containers is without an option', () => {
  for (const name of [
    'own-settings',
    'limits',
    'hardened',
    'privileged',
    'unconfined',
    'own-network',
    'own-mac',
  ]) {
    expect(commands(name).filter((line) => line.startsWith('#'))).toEqual([])
  }
})

test('graphics cards are asked for as the command line does', () => {
  const DeviceRequests = [
    { Driver: '', Count: -1, DeviceIDs: null, Capabilities: [['gpu']] },
    { Driver: 'nvidia', Count: 0, DeviceIDs: ['0', '1'], Capabilities: [['gpu', 'utility']] },
  ]
  const [create] = recreateCommands({
    name: 'a',
    body: { Image: 'x', HostConfig: { DeviceRequests } },
    connect: [],
  })
  expect(create).toBe(
    `docker create --name a --gpus 'count=all' --gpus 'driver=nvidia,"device=0,1","capabilities=utility"' x`,
  )
})

test('a mount with commas and quotes is one CSV line', () => {
  expect(mountOption({ Type: 'bind', Source: '/a,"b', Target: '/c', ReadOnly: true })).toBe(
    'type=bind,"source=/a,""b",target=/c,readonly',
  )
})

test('no value can break out of its line, or become a command', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.includes('\0')),
      (text) => {
        const body = { Image: 'x', Env: [`A=${text}`], Cmd: [text], Labels: { [text]: text } }
        const [create = ''] = recreateCommands({ name: 'a', body, connect: [] })
        const bare = create.replace(/'[^']*'|\\'/g, '')
        expect(bare).not.toMatch(/[^A-Za-z0-9_/:.,@%+\- ]/)
      },
    ),
  )
})
