import type { Secret } from '../../core/secret.ts'

/** `jenkins.yaml` when read: every setting with its value. Durations in ms. jenkins/config/schema.ts must produce exactly this. */
export interface ControllerSettings {
  /** Name of the container. Default `jenkins`. */
  name: string
  /** The image with its tag, followed for upgrades; by digest: pinned. Default `jenkins/jenkins:lts-jdk21`. */
  image: string
  /** Volume name or absolute host path of the home. Default `jenkins_home`. */
  home: string
  ports: { http: number; agents: number /** Host address they are bound to. */; bind: string }
  memoryBytes: number | undefined
  timeZone: string | undefined
  restart: 'no' | 'always' | 'unless-stopped' | 'on-failure'
  /** Further variables of the container. */
  env: Record<string, string>
  /** Account for health checks and quieting down; without it only what anonymous may see is checked. */
  account: { user: string; token: Secret } | undefined
  build: {
    base: string
    /** `shortName:version`; pinned. */
    plugins: string[]
    casc: string | undefined
    /** Let builds use the engine of this machine: the docker group's id, read from the host. */
    docker: boolean
    reference: string
  }
  backups: {
    /** Volume name or absolute host path. Default `<name>_backups`. */
    store: string
    keep: number
    keepMs: number
    verify: boolean
  }
  upgrade: {
    rehearsal: boolean
    quiesce: { policy: 'wait' | 'skip' | 'force'; deadlineMs: number; message: string }
    stopGraceMs: number
    gate: { deadlineMs: number; looks: number; intervalMs: number; soakMs: number }
    mayMissPlugins: string[]
    /** The admin's own check: program and arguments, run on this machine; exit 0 is healthy. */
    probe: string[]
    probeTimeoutMs: number
  }
  prune: { keepContainers: number; keepImages: number; keepFailedHomes: number; keepMs: number }
  schedule: { cron: string; timeZone: string | undefined; jitterMs: number }
  notify: {
    on: ('success' | 'failure' | 'up-to-date')[]
    webhooks: { url: string; template: string | undefined; headers: Record<string, string> }[]
    /** Program and arguments; the outcome comes in by variables FOOTMAN_… and as JSON on stdin. */
    command: string[]
  }
}
