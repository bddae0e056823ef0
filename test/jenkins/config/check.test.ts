import { expect, it } from 'vitest'
import { checkControllerConfig } from '../../../jenkins/config/check.ts'
import { type ControllerConfigInput, controllerConfigSchema } from '../../../jenkins/config/schema.ts'

const account = { user: 'ann', token: 'env:TOKEN' }

function check(input: ControllerConfigInput) {
  const findings = checkControllerConfig(controllerConfigSchema.parse({ account, ...input }))
  return findings.map(({ severity, path, message }) => `${severity} ${path}: ${message}`)
}

it('finds nothing in a plain configuration', () => {
  expect(check({})).toEqual([])
})

const image = 'localhost/jenkins-controller:latest'

it.each<[string, ControllerConfigInput, string]>([
  [
    'no account',
    { account: undefined },
    'warning account: without an account footman can neither wait for builds nor compare plugins and jobs',
  ],
  ['one port for two', { ports: { agents: 8080 } }, 'error ports.agents: port 8080 is that of browsers too'],
  [
    'little memory',
    { memory: '256M' },
    'warning memory: a controller with its plugins hardly starts in less than 512 MiB',
  ],
  ['no restart', { restart: 'no' }, 'warning restart: a restart from within Jenkins ends it for good'],
  [
    'two time zones',
    { timeZone: 'Europe/Berlin', env: { TZ: 'UTC' } },
    'error env.TZ: the time zone is Europe/Berlin already',
  ],
  [
    'another home',
    { env: { JENKINS_HOME: '/home' } },
    'error env.JENKINS_HOME: the home is mounted at /var/jenkins_home',
  ],
  [
    'a secret in sight',
    { env: { SMTP_PASSWORD: 'x' } },
    'warning env.SMTP_PASSWORD: whoever may look at the container sees it',
  ],
  [
    'a digest',
    { image: `jenkins/jenkins@sha256:${'0'.repeat(64)}` },
    'warning image: a digest is followed by no newer one',
  ],
  [
    'backups in the home',
    { home: '/srv/jenkins', backups: { store: '/srv/jenkins/backups' } },
    'error backups.store: /srv/jenkins/backups and the home /srv/jenkins overlap',
  ],
  [
    'the home in the backups',
    { home: '/srv/jenkins', backups: { store: '/srv/' } },
    'error backups.store: /srv/ and the home /srv/jenkins overlap',
  ],
  [
    'one volume for both',
    { backups: { store: 'jenkins_home' } },
    'error backups.store: jenkins_home and the home jenkins_home overlap',
  ],
  [
    'a plugin without a version',
    { image, build: { plugins: ['git'] } },
    'error build.plugins[0]: git has no version; it would be another one with each build',
  ],
  [
    'an image built on itself',
    { image, build: { base: image } },
    'error build.reference: it is what the image is built on',
  ],
  ['code that nobody reads', { image, build: { casc: 'casc.yaml' } }, 'error build.casc: no plugin reads it'],
  [
    'an image that is built for nobody',
    { build: { plugins: ['git:5.8.0'] } },
    'warning image: what is built as localhost/jenkins-controller:latest is not what runs, jenkins/jenkins:lts-jdk21',
  ],
  [
    'a gate that closes too early',
    { upgrade: { gate: { deadline: '10s' } } },
    'error upgrade.gate.deadline: 3 looks take longer than that',
  ],
  [
    'a schedule that is none',
    { schedule: { cron: '61 3 * * *' } },
    'error schedule.cron: 61 is nothing that the field minute can be',
  ],
  [
    'headers in clear text',
    { notify: { webhooks: [{ url: 'http://chat.example/', headers: { 'X-Room': 'builds' } }] } },
    'warning notify.webhooks[0].url: its headers travel unencrypted',
  ],
  [
    'a template that tells what is not known',
    { notify: { webhooks: [{ url: 'https://chat.example/', template: '{"text":"{{reasons}}"}' }] } },
    'error notify.webhooks[0].template: {{reasons}} is nothing that can be told; did you mean {{reason}}?',
  ],
])('finds %s', (_case, input, finding) => {
  expect(check(input)).toEqual([finding])
})

it.each<[string, ControllerConfigInput]>([
  ['backups beside the home', { home: '/srv/jenkins', backups: { store: '/srv/jenkins-backups' } }],
  ['an image of its own that runs', { image, build: { plugins: ['git:5.8.0'], docker: true } }],
  [
    'code with its plugin',
    { image, build: { plugins: ['configuration-as-code:2006.v001a_2ca_6b_574'], casc: 'casc.yaml' } },
  ],
])('is content with %s', (_case, input) => {
  expect(check(input)).toEqual([])
})

it('finds everything at once, each with a cure', () => {
  const findings = checkControllerConfig(
    controllerConfigSchema.parse({
      ports: { agents: 8080 },
      restart: 'no',
      build: { plugins: ['a', 'b:latest', 'c:1', 'c:2'] },
      schedule: { cron: 'never' },
    }),
  )
  expect(findings.map(({ path }) => path)).toEqual([
    'account',
    'ports.agents',
    'restart',
    'build.plugins[0]',
    'build.plugins[1]',
    'build.plugins[3]',
    'image',
    'schedule.cron',
  ])
  for (const { hint } of findings) expect(hint).not.toBe('')
})
