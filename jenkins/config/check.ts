import { pluginProblems } from '../image/plugins.ts'
import { templateProblems } from '../notify/template.ts'
import { valueNames } from '../notify/values.ts'
import { cronProblems } from '../schedule/cron.ts'
import type { ControllerConfig } from './schema.ts'

/** Something about settings that are each fine but do not go together. */
export interface Finding {
  /** An error must be mended before anything can run; a warning is the admin's to judge. */
  severity: 'error' | 'warning'
  /** The setting to change, e.g. `build.plugins[0]`. */
  path: string
  message: string
  /** What to do about it. */
  hint: string
}

/** Holds the settings against each other. Pure; finds everything at once. */
export function checkControllerConfig(config: ControllerConfig): Finding[] {
  return [
    ...checkAccount(config),
    ...checkContainer(config),
    ...checkPlaces(config),
    ...checkBuild(config),
    ...checkGate(config),
    ...checkSchedule(config),
    ...checkWebhooks(config),
  ]
}

function error(path: string, message: string, hint: string): Finding {
  return { severity: 'error', path, message, hint }
}

function warning(path: string, message: string, hint: string): Finding {
  return { severity: 'warning', path, message, hint }
}

function checkAccount({ account }: ControllerConfig): Finding[] {
  if (account) return []
  return [
    warning(
      'account',
      'without an account footman can neither wait for builds nor compare plugins and jobs',
      'make an API token of an administrator in Jenkins, and name user and token',
    ),
  ]
}

/** Less than this and a controller with a handful of plugins spends its time on collecting garbage. */
const leastMemoryBytes = 512 * 2 ** 20

function checkContainer({ ports, memory, restart, env, timeZone, image }: ControllerConfig): Finding[] {
  const findings: Finding[] = []
  if (ports.http === ports.agents) {
    findings.push(error('ports.agents', `port ${ports.agents} is that of browsers too`, 'choose another'))
  }
  if (memory !== undefined && memory < leastMemoryBytes) {
    findings.push(
      warning('memory', 'a controller with its plugins hardly starts in less than 512 MiB', 'raise it'),
    )
  }
  // The official image ends the process for a restart from the web page, and leaves starting again to the engine.
  if (restart === 'no') {
    findings.push(
      warning('restart', 'a restart from within Jenkins ends it for good', 'unless-stopped brings it back'),
    )
  }
  if (timeZone !== undefined && env.TZ !== undefined) {
    findings.push(error('env.TZ', `the time zone is ${timeZone} already`, 'take one of them out'))
  }
  if (env.JENKINS_HOME !== undefined) {
    findings.push(error('env.JENKINS_HOME', 'the home is mounted at /var/jenkins_home', 'take it out'))
  }
  for (const name of Object.keys(env).filter((key) => /password|secret|token/i.test(key))) {
    findings.push(
      warning(
        `env.${name}`,
        'whoever may look at the container sees it',
        'let Jenkins keep it as a credential',
      ),
    )
  }
  if (image.includes('@sha256:')) {
    findings.push(
      warning(
        'image',
        'a digest is followed by no newer one',
        'name a tag for upgrades, e.g. jenkins/jenkins:lts-jdk21',
      ),
    )
  }
  return findings
}

function checkPlaces({ home, backups: { store } }: ControllerConfig): Finding[] {
  if (store === undefined || !overlap(home, store)) return []
  return [
    error(
      'backups.store',
      `${store} and the home ${home} overlap`,
      'keep backups beside the home, not in it',
    ),
  ]
}

function overlap(one: string, other: string): boolean {
  const inside = (a: string, b: string) =>
    a.startsWith('/') && `${a}/`.startsWith(`${b.replace(/\/+$/, '')}/`)
  return one === other || inside(one, other) || inside(other, one)
}

function checkBuild({ build, image }: ControllerConfig): Finding[] {
  const findings = pluginProblems(build.plugins).map(({ index, message, hint }) =>
    error(`build.plugins[${index}]`, message, hint),
  )
  if (build.reference === build.base) {
    findings.push(
      error('build.reference', 'it is what the image is built on', 'give your image another name'),
    )
  }
  const loadsCode = build.plugins.some((plugin) => plugin.startsWith('configuration-as-code:'))
  if (build.casc !== undefined && !loadsCode) {
    findings.push(
      error('build.casc', 'no plugin reads it', 'add configuration-as-code:VERSION to build.plugins'),
    )
  }
  const isWanted = build.plugins.length > 0 || build.casc !== undefined || build.docker
  if (isWanted && image !== build.reference) {
    findings.push(
      warning(
        'image',
        `what is built as ${build.reference} is not what runs, ${image}`,
        `image: ${build.reference}`,
      ),
    )
  }
  return findings
}

function checkGate({ upgrade: { gate } }: ControllerConfig): Finding[] {
  if (gate.looks * gate.interval < gate.deadline) return []
  return [
    error(
      'upgrade.gate.deadline',
      `${gate.looks} looks take longer than that`,
      'make it longer, or look less often',
    ),
  ]
}

function checkSchedule({ schedule }: ControllerConfig): Finding[] {
  return cronProblems(schedule.cron).map(({ message }) =>
    error('schedule.cron', message, 'e.g. 30 3 * * 6: half past three, every Saturday'),
  )
}

function checkWebhooks({ notify }: ControllerConfig): Finding[] {
  return notify.webhooks.flatMap(({ url, headers, template }, index) => {
    const at = `notify.webhooks[${index}]`
    const findings = (template === undefined ? [] : templateProblems(template)).map((message) =>
      error(`${at}.template`, message, `it may use ${valueNames.map((name) => `{{${name}}}`).join(', ')}`),
    )
    if (url.startsWith('http:') && Object.keys(headers).length > 0) {
      findings.push(warning(`${at}.url`, 'its headers travel unencrypted', 'use https'))
    }
    return findings
  })
}
