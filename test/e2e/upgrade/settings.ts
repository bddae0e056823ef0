import type { ControllerSettings } from '../../../jenkins/config/settings.ts'

/** The followed tag of a test's controller. */
export const reference = (name: string) => `footman-campaign/${name}:lts`

/** Settings that waste no time: short gates, no rehearsal. */
export function campaignSettings(name: string): ControllerSettings {
  return {
    name,
    image: reference(name),
    home: `${name}_home`,
    ports: { http: 8080, agents: 50_000, bind: '127.0.0.1' },
    memoryBytes: undefined,
    timeZone: undefined,
    restart: 'always',
    env: {},
    account: undefined,
    build: { base: reference(name), plugins: [], casc: undefined, docker: false, reference: reference(name) },
    backups: { store: `${name}_backups`, keep: 2, keepMs: 86_400_000, verify: false },
    upgrade: {
      rehearsal: false,
      quiesce: { policy: 'wait', deadlineMs: 5_000, message: 'a campaign' },
      stopGraceMs: 2_000,
      gate: { deadlineMs: 6_000, looks: 2, intervalMs: 150, soakMs: 300 },
      mayMissPlugins: [],
      probe: [],
      probeTimeoutMs: 5_000,
    },
    prune: { keepContainers: 1, keepImages: 1, keepFailedHomes: 1, keepMs: 86_400_000 },
    schedule: { cron: '30 3 * * *', timeZone: undefined, jitterMs: 0 },
    notify: { on: [], webhooks: [], command: [] },
  }
}
