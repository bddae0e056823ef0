import { expect, test } from 'vitest'
import { RemoteError } from '../../../core/errors.ts'
import { LendingStage } from '../../support/lending-stage.ts'
import { spoiled } from '../../support/spoiled.ts'

const minute = 60_000

/** Before: the request is refused. After: it is carried out, and the answer is lost. */
type When = 'before' | 'after'

/**
 * One build comes, is served, ends, and its container is retired, while the n-th call to controller or engine fails.
 * Returns how many calls that took, and which one failed.
 */
async function play(faultAt: number, when: When, kind: 'freestyle' | 'pipeline') {
  const calls: string[] = []
  let isWatched = false
  const decide = (name: string) => {
    if (isWatched) calls.push(name)
    return isWatched && calls.length === faultAt ? when : undefined
  }
  const error = new RemoteError('timeout', 'no answer within 20 s')
  const stage = new LendingStage({
    edges: ({ jenkins, engine }) => ({
      jenkins: spoiled(jenkins, error, decide),
      engine: spoiled(engine, error, decide),
    }),
  })
  const failed = () => `${calls[faultAt - 1]}, call ${faultAt}, ${when}`
  stage.docker.onStart((_id, { labels }) => {
    const node = stage.jenkins.store.get(labels['io.footman.slot'] ?? '')
    expect(node?.labels, failed()).toContain('2CPU2G')
    expect(stage.containers.filter(({ status }) => status === 'running').length, failed()).toBe(1)
  })
  await stage.start()
  await stage.clock.advance(minute)

  isWatched = true
  stage.enqueue('2CPU2G', kind)
  await stage.pass(90_000)
  expect(stage.jenkins.items, failed()).toEqual([])
  expect(stage.container.status, failed()).toBe('running')

  const [busy] = [...stage.jenkins.store.values()].filter(({ idle }) => !idle)
  stage.jenkins.setBuilds(busy?.name ?? '', [])
  await stage.clock.advance(5 * minute)
  expect(stage.containers, failed()).toEqual([])
  for (const node of stage.jenkins.store.values()) {
    expect(node, failed()).toMatchObject({ labels: [], temporarilyOffline: false })
  }
  await stage.kill()
  return calls
}

test.each(['freestyle', 'pipeline'] as const)(
  'whichever single call fails, a %s build is served once, no container lacks its node, and all is tidied up',
  async (kind) => {
    const calls = await play(0, 'before', kind)
    const steps = [
      'agentJar',
      'updateNode',
      'inboundSecret',
      'create',
      'putFiles',
      'start',
      'markOffline',
      'remove',
    ]
    expect(calls).toEqual(expect.arrayContaining(steps))
    // Looks that find nothing new are all alike.
    const points = calls.flatMap((name, index) => (isTelling(name) || index < 12 ? [index + 1] : []))
    for (const point of points) {
      await play(point, 'before', kind)
      await play(point, 'after', kind)
    }
  },
  30_000,
)

function isTelling(name: string): boolean {
  return !['queue', 'nodes', 'list', 'image', 'logs', 'inspect'].includes(name)
}
