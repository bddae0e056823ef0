import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Recorded scenarios that the practice controller does not play, and why. */
const notPlayed: Record<string, string> = {
  'half-open-agent': 'minutes long; the pings that notice frozen agents are tested at the acceptors',
  'pipeline-node-loss': 'minutes long; what becomes of the build is tested at the runner',
  'queue-throttled': 'the rate limit belongs to the branch-api plugin',
}

test('every recorded scenario is played against the practice controller, or there is a reason', () => {
  const scenarios = readdirSync(new URL('../../fixtures/jenkins-2.498/', import.meta.url))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.replace('.json', ''))
  const tests = readdirSync(new URL('.', import.meta.url))
    .filter((file) => /^fidelity-(?!coverage)/.test(file))
    .map((file) => readFileSync(new URL(file, import.meta.url), 'utf8'))
    .join()
  const played = scenarios.filter((scenario) => tests.includes(`'${scenario}'`))
  expect([...played, ...Object.keys(notPlayed)].sort()).toEqual(scenarios.sort())
})
