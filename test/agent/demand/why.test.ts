import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readWhy, type Why } from '../../../agent/demand/why.ts'

describe('a reason to wait', () => {
  it.each<[string, Why]>([
    ['There are no nodes with the label ‘4CPU8G’', { kind: 'no-node', label: '4CPU8G' }],
    ['There are no nodes with the label ‘no such’', { kind: 'no-node', label: 'no such' }],
    ['There are no nodes with the label ‘a; b’', { kind: 'no-node', label: 'a; b' }],
    ['There are no nodes with the label ‘a’s’', { kind: 'no-node', label: 'a’s' }],
    ["There are no nodes with the label '4CPU8G'", { kind: 'no-node', label: '4CPU8G' }],
    ['There are no nodes with the label "4CPU8G"', { kind: 'no-node', label: '4CPU8G' }],
    ['All nodes of label ‘qlinux&&!solo’ are offline', { kind: 'all-offline', label: 'qlinux&&!solo' }],
    ['All nodes of label pair are offline', { kind: 'all-offline', label: 'pair' }],
    ['Waiting for next available executor', { kind: 'any-executor' }],
    ['Waiting for next available executor on ‘qlinux&&pair’', { kind: 'busy', nameOrLabel: 'qlinux&&pair' }],
    ['Waiting for next available executor on qa', { kind: 'busy', nameOrLabel: 'qa' }],
    ['Waiting for next available executor on my laptop', { kind: 'busy', nameOrLabel: 'my laptop' }],
    ['Waiting for next available executor on ‘x is offline’', { kind: 'busy', nameOrLabel: 'x is offline' }],
    ['‘qa’ is offline', { kind: 'offline', node: 'qa' }],
    ['qa is offline', { kind: 'offline', node: 'qa' }],
    ["ann's laptop is offline", { kind: 'offline', node: "ann's laptop" }],
    ['‘Jenkins’ doesn’t have label ‘4CPU8G’', { kind: 'lacks-label', nodes: ['Jenkins'], label: '4CPU8G' }],
    ["qa doesn't have label 4CPU8G", { kind: 'lacks-label', nodes: ['qa'], label: '4CPU8G' }],
    [
      '‘qa’ doesn’t have label ‘a; b’; ‘qb’ doesn’t have label ‘a; b’',
      { kind: 'lacks-label', nodes: ['qa', 'qb'], label: 'a; b' },
    ],
    [
      '‘qa’ doesn’t have label ‘x’; ‘qb’ is not accepting tasks; Snoozed by a plugin',
      { kind: 'lacks-label', nodes: ['qa'], label: 'x' },
    ],
    [
      '‘a’ is reserved for jobs with matching label expression; ‘b’ is reserved for jobs with matching label expression; ... and 12 more',
      { kind: 'reserved', nodes: ['a', 'b'] },
    ],
    ['‘a’ is not accepting tasks; ‘b’ is not accepting tasks', { kind: 'not-accepting', nodes: ['a', 'b'] }],
    ['‘ann’ lacks permission to run on ‘qa’', { kind: 'permission', nodes: ['qa'], user: 'ann' }],
    [
      '‘a’ is not accepting tasks; ‘b’ is offline',
      {
        kind: 'several',
        reasons: [
          { kind: 'not-accepting', nodes: ['a'] },
          { kind: 'offline', node: 'b' },
        ],
      },
    ],
    ['In the quiet period. Expires in 59 sec', { kind: 'quiet-period' }],
    ['Finished waiting', { kind: 'quiet-period' }],
    ['Jenkins is about to shut down', { kind: 'shutting-down' }],
    ['Build #1 is already in progress (ETA: N/A)', { kind: 'blocked-by-build' }],
    ['Upstream project lib is already building.', { kind: 'blocked-by-build' }],
    ['Build throttle expires at 6:07:39 AM on Nov 23, 2026', { kind: 'throttled' }],
    [
      'Es gibt keine Knoten mit dem Label „4CPU8G“',
      { kind: 'unknown', text: 'Es gibt keine Knoten mit dem Label „4CPU8G“' },
    ],
    ['Waiting for resource printer', { kind: 'unknown', text: 'Waiting for resource printer' }],
    [
      'There are no nodes with the label ‘half',
      { kind: 'unknown', text: 'There are no nodes with the label ‘half' },
    ],
    ['', { kind: 'unknown', text: '' }],
  ])('%s', (text, expected) => {
    expect(readWhy(text)).toEqual(expected)
  })

  it('is never guessed when it names different labels', () => {
    expect(readWhy('‘a’ doesn’t have label ‘x’; ‘b’ doesn’t have label ‘y’').kind).toBe('several')
  })

  it('is found in every English recording of a real Jenkins', () => {
    const sentences = recordedSentences()
    expect(sentences.length).toBeGreaterThan(25)
    const unknown = sentences.filter((sentence) => readWhy(sentence).kind === 'unknown')
    expect(unknown.sort()).toEqual([
      'Aucun nœud avec le libellé ‘4CPU8G’',
      'Es gibt keine Knoten mit dem Label „4CPU8G“',
    ])
  })

  it('gives back any name or label, whatever the quotes around it', () => {
    const quotes = fc.constantFrom(['‘', '’'], ["'", "'"], ['"', '"'], ['“', '”'])
    const name = fc.oneof(
      fc.constantFrom('a b', 'linux&&!x', 'it is offline', "ann's", 'x; y', 'on ‘it’ now', '"'),
      fc.string({ minLength: 1 }),
    )
    fc.assert(
      fc.property(quotes, name, ([open, close], label) => {
        fc.pre(!label.includes(`${close}; `))
        const say = (before: string, after = '') => readWhy(`${before}${open}${label}${close}${after}`)
        expect(say('There are no nodes with the label ')).toEqual({ kind: 'no-node', label })
        expect(say('All nodes of label ', ' are offline')).toEqual({ kind: 'all-offline', label })
        expect(say('Waiting for next available executor on ')).toEqual({ kind: 'busy', nameOrLabel: label })
        expect(say('‘qa’ doesn’t have label ')).toEqual({ kind: 'lacks-label', nodes: ['qa'], label })
      }),
    )
  })

  it('is read in time however long and odd the sentence', () => {
    const startedAt = performance.now()
    for (const piece of ['; ', '‘', 'a; ‘b', ' doesn’t have label ', ' lacks permission to run on ']) {
      readWhy(`‘${piece.repeat(20_000)}’`)
    }
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })
})

/** Every `why` anywhere in the recordings, each once. */
function recordedSentences(): string[] {
  const recordings = new URL('../../fixtures/jenkins-2.498/', import.meta.url)
  const sentences = new Set<string>()
  for (const file of readdirSync(recordings).filter((name) => name.endsWith('.json'))) {
    JSON.parse(readFileSync(new URL(file, recordings), 'utf8'), (key, value) => {
      if (key === 'why' && typeof value === 'string') sentences.add(value)
      return value
    })
  }
  return [...sentences]
}
