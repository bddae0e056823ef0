import { z } from 'zod'
import { secretReference } from '../../core/config/secret-reference.ts'
import {
  bytes,
  dockerName,
  duration,
  headers,
  image,
  place,
  timeZone,
  variableName,
  webhookUrl,
} from './values.ts'

const port = z.int().min(1).max(65_535)
const count = z.int().min(0).max(1000)
const words = z.array(z.string().min(1))

const webhook = z.strictObject({
  url: webhookUrl.describe('Where the outcome is posted to; a URL, or file:PATH or env:NAME of a secret one'),
  template: z
    .string()
    .min(1)
    .optional()
    .describe('JSON to post, with {{outcome}}, {{reason}} and so on; default: all of it as one JSON object'),
  headers: headers
    .default({})
    .describe('Further headers; file:PATH and env:NAME are replaced by what is found there'),
})

/** The file jenkins.yaml. Unknown keys are refused. Every key is also a variable, e.g. FOOTMAN_JENKINS_IMAGE. */
export const controllerConfigSchema = z.strictObject({
  name: z
    .string()
    .regex(dockerName, { error: 'expected letters, digits, dot, dash or underscore' })
    .max(63)
    .default('jenkins')
    .describe('Name of the container'),
  image: image
    .default('jenkins/jenkins:lts-jdk21')
    .describe('Image, followed by its tag for upgrades; with a digest it is pinned'),
  home: place.default('jenkins_home').describe('Volume, or absolute path of a folder, with the home'),
  ports: z
    .strictObject({
      http: port.default(8080).describe('Port of this machine for browsers'),
      agents: port.default(50_000).describe('Port of this machine for agents over TCP'),
      bind: z
        .union([z.ipv4(), z.ipv6()], { error: 'expected an IP address of this machine' })
        .default('0.0.0.0')
        .describe('Address that both are bound to; 127.0.0.1: only this machine reaches them'),
    })
    .prefault({}),
  memory: bytes.optional().describe('Most memory of the container; default: no limit'),
  timeZone: timeZone.optional().describe("Time zone of Jenkins and of its jobs' schedules; default: UTC"),
  restart: z
    .enum(['no', 'always', 'unless-stopped', 'on-failure'])
    .default('unless-stopped')
    .describe('When the engine starts the container again'),
  env: z
    .record(variableName, z.string())
    .default({})
    .describe('Further variables of the container, e.g. JAVA_OPTS; no secrets: docker inspect shows them'),
  account: z
    .strictObject({
      user: z.string().min(1).describe('Jenkins user for health checks and for quieting down'),
      token: secretReference.describe('API token of that user: file:PATH, env:NAME or stdin'),
    })
    .optional()
    .describe('Without it, footman only checks what anybody may see, and cannot wait for builds'),
  build: z
    .strictObject({
      base: image.default('jenkins/jenkins:lts-jdk21').describe('Image that yours is built on'),
      plugins: z
        .array(z.string().min(1))
        .default([])
        .describe('Plugins as shortName:version; unpinned ones are refused'),
      casc: z
        .string()
        .min(1)
        .optional()
        .describe('Configuration-as-Code file that becomes part of the image'),
      docker: z
        .boolean()
        .default(false)
        .describe('Put a Docker client and the group of the socket of this machine into the image'),
      reference: image
        .default('localhost/jenkins-controller:latest')
        .describe('Name of the image that is built; let image name it too'),
    })
    .prefault({}),
  backups: z
    .strictObject({
      store: place
        .optional()
        .describe('Volume, or absolute path of a folder, for them; default: NAME_backups'),
      keep: z.int().min(1).max(1000).default(5).describe('So many are kept'),
      keepFor: duration('30d').describe('Older ones go, except for the last good one'),
      verify: z.boolean().default(true).describe('Read every byte again while the new version is watched'),
    })
    .prefault({}),
  upgrade: z
    .strictObject({
      rehearsal: z
        .boolean()
        .default(true)
        .describe('Try the new version on a copy of the home first, cut off from the network'),
      quiesce: z
        .strictObject({
          policy: z
            .enum(['wait', 'skip', 'force'])
            .default('wait')
            .describe(
              'wait: give up when builds still run at the deadline; skip: give up at once when builds run; force: go on at the deadline',
            ),
          deadline: duration('30m').describe('How long builds may take to end'),
          message: z
            .string()
            .min(1)
            .max(200)
            .default('footman is about to upgrade this Jenkins')
            .describe('What people read meanwhile'),
        })
        .prefault({}),
      stopGrace: duration('2m', 1000).describe('Between SIGTERM and SIGKILL'),
      gate: z
        .strictObject({
          deadline: duration('15m', 1000).describe('A version that is not up by then has failed'),
          looks: z.int().min(1).max(100).default(3).describe('So many good looks in a row make it healthy'),
          interval: duration('5s', 100).describe('Between looks'),
          soak: duration('2m').describe('After that it must stay healthy for so long'),
        })
        .prefault({}),
      mayMissPlugins: z
        .array(z.string().min(1))
        .default([])
        .describe('Plugins that may be inactive afterwards, though they were active before'),
      probe: words
        .default([])
        .describe('Your own check: program and arguments, run on this machine; exit code 0 is healthy'),
      probeTimeout: duration('1m', 100).describe('Deadline of your own check'),
    })
    .prefault({}),
  prune: z
    .strictObject({
      keepContainers: count.default(1).describe('Old containers that are kept'),
      keepImages: count.default(2).describe('Old images that are kept'),
      keepFailedHomes: count.default(1).describe('Homes of failed upgrades that are kept'),
      keepFor: duration('30d').describe('Older ones go, whatever their number'),
    })
    .prefault({}),
  schedule: z
    .strictObject({
      cron: z
        .string()
        .min(1)
        .default('30 3 * * *')
        .describe('When to look for a new version: minute, hour, day of month, month, day of week'),
      timeZone: timeZone.optional().describe('Time zone of that; default: that of this machine'),
      jitter: duration('10m').describe('Begin up to so much later, by chance'),
    })
    .prefault({}),
  notify: z
    .strictObject({
      on: z
        .array(z.enum(['success', 'failure', 'up-to-date']))
        .default(['success', 'failure'])
        .describe('Outcomes that are told: success, failure (also builds in the way), up-to-date'),
      webhooks: z.array(webhook).default([]).describe('Each gets a POST'),
      command: words
        .default([])
        .describe('Program and arguments; gets the outcome as FOOTMAN_… variables and as JSON on stdin'),
    })
    .prefault({}),
})

/** As people write it. */
export type ControllerConfigInput = z.input<typeof controllerConfigSchema>
/** With defaults, in ms and bytes; secrets are still references. */
export type ControllerConfig = z.output<typeof controllerConfigSchema>
