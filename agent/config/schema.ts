import { z } from 'zod'
import { secretReference } from '../../core/config/secret-reference.ts'
import { formatDuration, parseDuration, parseSize } from '../../core/units.ts'
import { parseSizeLabel } from '../labels/size.ts'
import { transportNames } from '../transports/names.ts'

const duration = (fallback: string, atLeastMs = 0) => {
  const error = 'expected a duration such as 90s, 5m or 1h30m'
  return z
    .string({ error })
    .refine((text) => parseDuration(text) !== undefined, { error, abort: true })
    .refine((text) => (parseDuration(text) ?? 0) >= atLeastMs, {
      error: `expected at least ${formatDuration(atLeastMs)}`,
    })
    .transform((text) => parseDuration(text) ?? 0)
    .prefault(fallback)
}

const bytesError = 'expected a size such as 512M or 8G'
const bytes = z
  .string({ error: bytesError })
  .refine((text) => parseSize(text) !== undefined, { error: bytesError })
  .transform((text) => parseSize(text) ?? 0)

const sizeError = 'expected a size such as 2CPU4G or 0.5CPU512M'
const size = z
  .string({ error: sizeError })
  .refine((text) => parseSizeLabel(text) !== undefined, { error: sizeError })
  .transform((text) => parseSizeLabel(text) ?? { cpus: 0, memoryBytes: 0 })

/** A label that Jenkins takes as one atom without quotes: reference hudson.model.labels.LabelExpression lexer. */
const label = z.string().regex(/^(?!.*->)[^&|!<>() \t\r\n"']+$/, {
  error: 'expected a label without blanks, quotes or any of & | ! < > ( )',
})

const httpUrl = (error: string) =>
  z.url({ protocol: /^https?$/, error, abort: true }).refine((text) => !/\/\/[^/]*@/.test(text), {
    error: 'expected a URL without user and password; they are controller.user and controller.token',
  })

const time = '(?:(?:[01]\\d|2[0-3]):[0-5]\\d|24:00)'
const day = '(?:mon|tue|wed|thu|fri|sat|sun)'
const hours = z.string().regex(new RegExp(`^(?:${day}(?:-${day})? )?${time}-${time}$`, 'i'), {
  error: 'expected e.g. "18:00-08:00" or "Mon-Fri 18:00-08:00"',
})

const template = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, { error: 'expected lower-case letters, digits and dashes' })
    .max(40)
    .describe('Shown in messages; unique on this machine'),
  image: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Container image with a Java; default: jenkins/inbound-agent, or jenkins/ssh-agent for SSH, with the Java that the controller needs',
    ),
  features: z.array(label).default([]).describe('Labels that are true of every container of this template'),
  size: size.prefault('1CPU2G').describe('Size when the job names none'),
  max: size.optional().describe('Largest size a job may ask for; default: the whole budget'),
  env: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'expected letters, digits and underscores' }),
      z.string(),
    )
    .default({})
    .describe('Environment for builds; no secrets: anybody who may see the container sees them'),
  network: z
    .string()
    .min(1)
    .optional()
    .describe('An existing container network; default: the engine default'),
  extraHosts: z
    .array(
      z.string().regex(/^[A-Za-z0-9_.-]+:[A-Za-z0-9_.:-]+$/, {
        error: 'expected name:address, e.g. registry.local:10.0.0.5',
      }),
    )
    .default([])
    .describe('name:address lines for /etc/hosts, e.g. host.docker.internal:host-gateway'),
  shm: bytes.optional().describe('/dev/shm, for browsers'),
  workDir: z
    .string()
    .startsWith('/')
    .default('/home/jenkins/agent')
    .describe('Agent root inside the container'),
  java: z.string().min(1).default('java').describe('Java inside the image'),
  dockerSocket: z
    .boolean()
    .default(false)
    .describe('Mount the engine socket into the container: gives builds root on this machine'),
})

/** The file agent.yaml. Unknown keys are refused. Every key is also a variable, e.g. FOOTMAN_CONTROLLER_URL. */
export const agentConfigSchema = z.strictObject({
  controller: z.strictObject({
    url: httpUrl('expected the root URL of the controller, e.g. https://jenkins.example.com/').describe(
      'Root URL of the controller, with its context path',
    ),
    user: z.string().min(1).describe('Jenkins user'),
    token: secretReference.describe('API token (or password): file:PATH, env:NAME or stdin'),
    caFile: z.string().min(1).optional().describe('PEM file with the authority of a self-signed controller'),
    agentUrl: httpUrl('expected a URL, e.g. http://host.docker.internal:8080/')
      .optional()
      .describe('URL of the controller as seen from inside a container, where it differs'),
    timeout: duration('20s', 100).describe('Deadline of one request'),
  }),
  machine: z
    .strictObject({
      name: z
        .string()
        .regex(/^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?$/, {
          error: 'expected letters, digits, dot, dash or underscore, not ending in a dot',
        })
        .max(60)
        .optional()
        .describe('Name of this machine; its nodes are called NAME-1, NAME-2; default: the host name'),
      cpus: z.number().positive().optional().describe('CPUs that may be lent; default: half of them'),
      memory: bytes.optional().describe('Memory that may be lent; default: half of it'),
      slots: z.int().min(1).max(64).default(4).describe('Most containers at a time'),
      features: z
        .array(label)
        .default([])
        .describe(
          'Further labels that are true of every container here; os, architecture and machine name are added',
        ),
    })
    .prefault({}),
  templates: z
    .array(template)
    .min(1)
    .prefault([{ name: 'default' }]),
  images: z
    .strictObject({
      allow: z
        .array(z.string().min(1))
        .default([
          'jenkins/inbound-agent:*',
          'docker.io/jenkins/inbound-agent:*',
          'jenkins/ssh-agent:*',
          'docker.io/jenkins/ssh-agent:*',
        ])
        .describe('Images that may run here; * stands for any text'),
      pull: z
        .enum(['missing', 'never'])
        .default('missing')
        .describe('Whether images are fetched when a build asks for them'),
    })
    .prefault({}),
  container: z
    .strictObject({
      keepIdle: duration('60s').describe('How long an idle container waits for the next build'),
      startWithin: duration('90s', 1000).describe('An agent not connected by then has failed'),
      stopGrace: duration('10s').describe('Between SIGTERM and SIGKILL'),
      pidsLimit: z.int().min(64).default(4096).describe('Most processes and threads in one container'),
      capabilities: z
        .array(z.string().regex(/^[A-Z_]+$/, { error: 'expected a capability without CAP_, e.g. CHOWN' }))
        .default(['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'SETGID', 'SETUID'])
        .describe('Kept when all others are dropped'),
      logLines: z.int().min(10).max(10_000).default(200).describe('Tail kept of a container that failed'),
    })
    .prefault({}),
  docker: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Where the container engine listens: unix://PATH, tcp://HOST:PORT or ssh://USER@HOST; default: as the docker command finds it',
    ),
  dockerSsh: z
    .strictObject({
      key: secretReference
        .optional()
        .describe('Private key for ssh://, file:PATH; default: the ssh-agent, else the usual file in ~/.ssh'),
      hostKey: z
        .string()
        .min(1)
        .optional()
        .describe('The key that the host may show, as in a .pub file or SHA256:…; default: known_hosts'),
    })
    .prefault({}),
  transport: z
    .enum(['auto', ...transportNames])
    .default('auto')
    .describe(
      `How agents connect: ${transportNames.join(', ')}; auto: over WebSocket where that works, else over TCP`,
    ),
  ssh: z
    .strictObject({
      host: z
        .string()
        .min(1)
        .optional()
        .describe(
          'For transport ssh: address at which the controller reaches this machine; default: the one from which this machine reaches it',
        ),
      port: z
        .int()
        .min(1)
        .max(65_000)
        .optional()
        .describe('Port of the first slot, the next has the next; default: whichever is free'),
      bind: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Local address that takes the connections; default: ssh.host where that is local, else all',
        ),
      user: z
        .string()
        .regex(/^[a-z_][a-z0-9_-]*$/, { error: 'expected the name of a user inside the image' })
        .default('jenkins')
        .describe('User inside the image who is logged in and builds'),
      sshd: z.string().startsWith('/').default('/usr/sbin/sshd').describe('sshd inside the image'),
    })
    .prefault({}),
  swarm: z
    .strictObject({
      connect: z
        .enum(['websocket', 'tcp'])
        .default('websocket')
        .describe('For transport swarm: how agents connect once the plugin has registered their node'),
    })
    .prefault({}),
  policy: z
    .strictObject({
      onBattery: z
        .enum(['finish', 'ignore', 'stop'])
        .default('finish')
        .describe('finish: take no more and let builds end; stop: stop builds too; ignore: go on'),
      userActive: z
        .enum(['finish', 'ignore'])
        .default('ignore')
        .describe('Whether to lend while somebody types'),
      userIdleAfter: duration('5m').describe('Without a key or the mouse for so long, nobody is there'),
      maxLoad: z
        .number()
        .positive()
        .optional()
        .describe('Foreign load per CPU above which no more is taken, e.g. 0.7'),
      hours: z.array(hours).default([]).describe('Only then; empty: always'),
      minFreeDisk: bytes.prefault('10G').describe('Take no more when less is free'),
      onMetered: z.enum(['finish', 'ignore']).default('finish').describe('On a metered network'),
      finishWithin: duration('30m').describe(
        'Builds still running this long after lending ended are stopped',
      ),
    })
    .prefault({}),
  poll: z
    .strictObject({
      idle: duration('10s', 50).describe('Between looks while nothing happens'),
      busy: duration('1s', 50).describe('Between looks while a slot changes; while builds run at most 2 s'),
    })
    .prefault({}),
})

/** As people write it. */
export type AgentConfigInput = z.input<typeof agentConfigSchema>
export type AgentConfig = z.output<typeof agentConfigSchema>
export type TemplateConfig = AgentConfig['templates'][number]
