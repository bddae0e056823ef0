import type { Outcome, Release } from '../../jenkins/upgrade/contract.ts'

const release = (version: string): Release => ({
  version,
  imageId: `sha256:${version}`,
  digest: undefined,
  reference: 'jenkins/jenkins:lts-jdk21',
})

/** How an upgrade may have ended: by default the new version did not start. */
export function anOutcome(over: Partial<Outcome> = {}): Outcome {
  return {
    kind: 'rolled-back',
    controller: 'jenkins',
    transaction: '20261124033000-1a2b',
    reason: 'it did not "start"',
    hint: undefined,
    from: release('2.498'),
    to: release('2.516'),
    downtimeMs: 12_000,
    tookMs: 60_000,
    concerns: [],
    backup: '20261124033000-1a2b',
    steps: [],
    ...over,
  }
}
