import { formatSize } from '../../core/units.ts'
import { isAllowedImage } from '../containers/image-policy.ts'
import { budgetOf } from '../hardware.ts'
import { fits } from '../labels/size.ts'
import type { Size } from '../world.ts'
import { type AgentConfig, agentConfigSchema, type TemplateConfig } from './schema.ts'

/** Something about settings that are each fine but do not go together, or not with this machine. */
export interface Finding {
  /** An error must be mended before anything can run; a warning is the owner's to judge. */
  severity: 'error' | 'warning'
  /** The setting to change, e.g. `templates[0].size`. */
  path: string
  message: string
  /** What to do about it. */
  hint: string
}

/** Holds the settings against each other and against what the machine has. Pure; finds everything at once. */
export function checkAgentConfig(config: AgentConfig, hardware: Size): Finding[] {
  const budget = budgetOf(config.machine, hardware)
  return [
    ...checkController(config.controller),
    ...checkBudget(config.machine, hardware),
    ...config.templates.flatMap((template, index) => checkTemplate(template, index, { config, budget })),
    ...checkNames(config.templates),
    ...checkPolling(config.poll),
  ]
}

function checkController({ url, agentUrl }: AgentConfig['controller']): Finding[] {
  const open = { url, agentUrl }
  return Object.entries(open)
    .filter(([, address]) => address !== undefined && travelsInClear(address))
    .map(([key, address]) => ({
      severity: 'warning' as const,
      path: `controller.${key}`,
      message: `the ${key === 'url' ? 'token' : "agents' secret"} travels unencrypted to ${new URL(address ?? '').host}`,
      hint: 'use https where the controller offers it',
    }))
}

function travelsInClear(address: string): boolean {
  const { protocol, hostname } = new URL(address)
  const isThisMachine = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|host\.docker\.internal)$/.test(hostname)
  return protocol === 'http:' && !isThisMachine
}

function checkBudget({ cpus, memory }: AgentConfig['machine'], hardware: Size): Finding[] {
  const findings: Finding[] = []
  if (cpus !== undefined && cpus > hardware.cpus) {
    findings.push({
      severity: 'error',
      path: 'machine.cpus',
      message: `${cpus} CPUs are to be lent, but there are ${hardware.cpus}`,
      hint: `lend at most ${hardware.cpus}`,
    })
  }
  if (memory !== undefined && memory > hardware.memoryBytes) {
    findings.push({
      severity: 'error',
      path: 'machine.memory',
      message: `${formatSize(memory)} of memory are to be lent, but there are ${formatSize(hardware.memoryBytes)}`,
      hint: 'lend less than the machine has: it needs some itself',
    })
  }
  return findings
}

function checkTemplate(
  template: TemplateConfig,
  index: number,
  { config, budget }: { config: AgentConfig; budget: Size },
): Finding[] {
  const { size, max, image, dockerSocket } = template
  const at = (key: string) => `templates[${index}].${key}`
  const findings: Finding[] = []
  if (max && !fits(size, max)) {
    findings.push({
      severity: 'error',
      path: at('size'),
      message: `${words(size)} is larger than this template's own max of ${words(max)}`,
      hint: `raise ${at('max')} or lower ${at('size')}`,
    })
  }
  if (!fits(size, budget)) {
    findings.push({
      // A size that nobody chose must not keep a small machine from serving jobs that name a smaller one.
      severity: isDefaultSize(size) ? 'warning' : 'error',
      path: at('size'),
      message: `${words(size)} is more than this machine lends, ${words(budget)}: jobs that name no size cannot run here`,
      hint: `lower ${at('size')}, or lend more with machine.cpus and machine.memory`,
    })
  }
  if (max && !fits(max, budget)) {
    findings.push({
      severity: 'warning',
      path: at('max'),
      message: `${words(max)} is more than this machine lends, ${words(budget)}, which is the limit then`,
      hint: `lower ${at('max')}, or lend more with machine.cpus and machine.memory`,
    })
  }
  if (image !== undefined && !isAllowedImage(image, config.images.allow)) {
    findings.push({
      severity: 'error',
      path: at('image'),
      message: `the image ${image} is not among those that may run here`,
      hint: `add it to images.allow, which now holds ${config.images.allow.join(', ') || 'nothing'}`,
    })
  }
  if (dockerSocket) {
    findings.push({
      severity: 'warning',
      path: at('dockerSocket'),
      message: `every build in a container of ${template.name} can become root on this machine`,
      hint: 'leave it to templates whose jobs come from people that you would give your password to',
    })
  }
  return findings
}

const standard = agentConfigSchema.shape.templates.parse(undefined)[0]?.size

function isDefaultSize(size: Size): boolean {
  return size.cpus === standard?.cpus && size.memoryBytes === standard.memoryBytes
}

function checkNames(templates: readonly TemplateConfig[]): Finding[] {
  return templates.flatMap(({ name }, index) => {
    const first = templates.findIndex((other) => other.name === name)
    if (first === index) return []
    return [
      {
        severity: 'error' as const,
        path: `templates[${index}].name`,
        message: `templates[${first}] is called ${name} too`,
        hint: 'give every template a name of its own',
      },
    ]
  })
}

function checkPolling({ idle, busy }: AgentConfig['poll']): Finding[] {
  if (busy < idle) return []
  return [
    {
      severity: 'warning',
      path: 'poll.busy',
      message: 'footman looks no more often while builds wait than while nothing happens',
      hint: 'make poll.busy shorter than poll.idle, e.g. 1s and 10s',
    },
  ]
}

function words({ cpus, memoryBytes }: Size): string {
  return `${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'} and ${formatSize(memoryBytes)}`
}
