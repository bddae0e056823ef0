import type { Entry } from '../../../jenkins/upgrade/entries.ts'
import { disarmed, type Observed, type Step } from '../../../jenkins/upgrade/next-steps.ts'
import { type Transaction, unfinishedOf } from '../../../jenkins/upgrade/transactions.ts'
import type { News } from '../../../jenkins/upgrade/work.ts'

interface Box {
  name: string
  running: boolean
  policy: typeof always | typeof disarmed
  startedAt: string
  kind: 'old' | 'new' | 'rehearsal' | 'helper'
}

export const always = { Name: 'always', MaximumRetryCount: 0 } as const
export const id = '20261124-180000-abcd'
const recipe = { name: 'jenkins', body: {}, connect: [] }

/**
 * A world in memory with one upgrade in it: enough to see whether steps in any order of deaths lead to a controller that runs on
 * its home. It keeps the one rule itself: two controllers never run at once, and nobody writes to a home that is half restored.
 */
export class World {
  readonly entries: Entry[] = []
  readonly boxes = new Map<string, Box>()
  home: 'as it was' | 'half restored' | 'touched by the new one' | 'gone on by the old one' = 'as it was'
  volume = false
  rollbackTag = false
  tagged = 'old image'
  pulledImage = false
  quiet = false
  isLeftoverInStore = false
  boots = 0
  readonly wasRunning: boolean

  constructor(wasRunning = true) {
    this.wasRunning = wasRunning
    this.boxes.set('old', {
      name: 'jenkins',
      running: wasRunning,
      policy: always,
      startedAt: 'boot 0',
      kind: 'old',
    })
  }

  note(news: News): void {
    this.entries.push({ ...news, transaction: id, at: this.entries.length } as Entry)
  }

  begin(kind: 'upgrade' | 'rollback'): void {
    const release = { version: undefined, imageId: 'old image', digest: undefined, reference: 'jenkins:lts' }
    this.note({
      entry: 'begin',
      kind,
      from: release,
      to: { ...release, imageId: '' },
      old: { id: 'old', policy: always, running: this.wasRunning, startedAt: 'boot 0', recipe },
      places: { controller: 'jenkins', home: 'home', store: 'store', image: 'old image' },
      tagged: 'old image',
      backup: kind === 'rollback' ? 'earlier' : undefined,
    })
  }

  get transaction(): Transaction | undefined {
    return unfinishedOf(this.entries)
  }

  box(name: string): Box {
    const box = this.boxes.get(name)
    if (!box) throw new Error(`there is no container ${name}`)
    return box
  }

  start(container: string): void {
    const box = this.box(container)
    for (const other of this.boxes.values()) {
      const isMaster = other.kind === 'old' || other.kind === 'new'
      if (other !== box && isMaster && other.running) throw new Error('two controllers on one home')
    }
    if (this.home === 'half restored') throw new Error('a controller on a home that is half restored')
    if (box.kind === 'old' && this.home === 'touched by the new one') {
      throw new Error('the old controller on the home of the new one')
    }
    box.running = true
    box.startedAt = `boot ${++this.boots}`
    this.home = box.kind === 'old' ? 'gone on by the old one' : 'touched by the new one'
  }

  /** What the engine does when it is started again. */
  restartEngine(): void {
    const wanted = [...this.boxes].filter(([, { policy }]) => policy.Name === 'always')
    for (const box of this.boxes.values()) box.running = false
    for (const [container] of wanted) this.start(container)
    this.quiet = false
  }

  observe(): Observed {
    const sight = (container: string) => ({ ...this.box(container), id: container })
    const ids = (kind: Box['kind']) =>
      [...this.boxes].flatMap(([key, box]) => (box.kind === kind ? [key] : []))
    const named = [...this.boxes].find(([, { name }]) => name === 'jenkins')
    const [old] = ids('old')
    return {
      old: old === undefined ? undefined : sight(old),
      fresh: ids('new').map(sight),
      named: named && sight(named[0]),
      rehearsals: ids('rehearsal'),
      hasRehearsalVolume: this.volume,
      helpers: ids('helper'),
      tagged: this.tagged,
    }
  }

  /** Does a step as the executor does; `half`: dies in the middle, after the act and before the note of it. */
  take(step: Step, half: boolean): void {
    const noteUnlessDead = (news: News) => {
      if (!half) this.note(news)
    }
    switch (step.do) {
      case 'end helpers':
        for (const [key, { kind }] of this.boxes) if (kind === 'helper') this.boxes.delete(key)
        return
      case 'remove container':
        this.boxes.delete(step.container)
        return
      case 'remove rehearsal volume':
        this.volume = false
        return
      case 'end quiet mode':
        this.quiet = false
        return noteUnlessDead({ entry: 'loud' })
      case 'stop':
        this.box(step.container).running = false
        return
      case 'restore the home':
        this.restore(half)
        return noteUnlessDead({ entry: 'restored' })
      case 'make':
        this.boxes.set('made', {
          name: 'jenkins',
          running: false,
          policy: disarmed,
          startedAt: '',
          kind: step.remade ? 'old' : 'new',
        })
        return
      case 'rename':
        if ([...this.boxes.values()].some(({ name }) => name === step.name))
          throw new Error('the name is taken')
        this.box(step.container).name = step.name
        return
      case 'set policy':
        this.box(step.container).policy = step.policy.Name === 'always' ? always : disarmed
        return
      case 'start':
        return this.start(step.container)
      case 'note what was pulled':
        return noteUnlessDead({ entry: 'pulled', imageId: 'new image' })
      case 'tag':
        this.tagged = step.image
        return
      case 'tidy':
        this.isLeftoverInStore = false
        this.rollbackTag = false
        if (this.transaction?.pulled) this.pulledImage = false
        return noteUnlessDead({ entry: 'tidied' })
      case 'end':
        return noteUnlessDead({ entry: 'end', outcome: 'rolled-back', reason: '', downtimeMs: undefined })
      case 'give up':
        throw new Error(step.reason)
    }
  }

  restore(half: boolean): void {
    for (const { kind, running } of this.boxes.values()) {
      if (running && (kind === 'old' || kind === 'new'))
        throw new Error('restored below a running controller')
    }
    if (this.home === 'gone on by the old one') throw new Error('what the old controller did since is lost')
    this.home = half ? 'half restored' : 'as it was'
  }
}

type Act = (world: World) => void

/** What an upgrade or a rollback does, as far as the world can see: notes and acts in their order. */
export function forwardActs(kind: 'upgrade' | 'rollback'): Act[] {
  const note =
    (news: News): Act =>
    (world) =>
      world.note(news)
  const box = (name: string, kind: Box['kind']) => ({
    name,
    running: false,
    policy: disarmed,
    startedAt: '',
    kind,
  })
  const rehearsal: Act[] = [
    note({ entry: 'rehearse' }),
    (world) => world.boxes.set('helper', box('helper', 'helper')),
    (world) => {
      world.isLeftoverInStore = true
    },
    (world) => {
      world.volume = true
    },
    (world) => world.boxes.delete('helper'),
    (world) => world.boxes.set('rehearsal', box('rehearsal', 'rehearsal')),
    (world) => world.boxes.delete('rehearsal'),
    (world) => {
      world.volume = false
    },
  ]
  return [
    (world) => world.begin(kind),
    note({ entry: 'pull', here: ['old image'] }),
    (world) => {
      world.tagged = 'new image'
      world.pulledImage = true
    },
    note({ entry: 'pulled', imageId: 'new image' }),
    (world) => {
      world.rollbackTag = true
    },
    ...(kind === 'upgrade' ? rehearsal : []),
    note({ entry: 'quiesce' }),
    (world) => {
      world.quiet = world.wasRunning
    },
    note({ entry: 'stop' }),
    (world) => {
      world.box('old').policy = disarmed
    },
    (world) => {
      world.box('old').running = false
      world.quiet = false
    },
    note({ entry: 'snapshot' }),
    (world) => {
      world.isLeftoverInStore = false
      if (world.home === 'gone on by the old one') world.home = 'as it was'
    },
    note({ entry: 'snapshot-done' }),
    ...(kind === 'rollback'
      ? [
          note({ entry: 'restore' }),
          (world: World) => {
            world.home = 'half restored'
          },
          (world: World) => {
            world.home = 'touched by the new one'
          },
        ]
      : []),
    note({ entry: 'replace', recipe }),
    (world) => {
      world.box('old').name = `jenkins-old-${id}`
    },
    (world) => world.boxes.set('new', box('jenkins', 'new')),
    note({ entry: 'start' }),
    (world) => world.start('new'),
    note({
      entry: 'commit',
      release: { version: '2', imageId: 'new image', digest: undefined, reference: 'jenkins:lts' },
      downtimeMs: 1,
    }),
  ]
}
