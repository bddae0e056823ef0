import { describe, expect, it } from 'vitest'
import { checkAgentConfig } from '../../../agent/config/check.ts'
import { type AgentConfigInput, agentConfigSchema } from '../../../agent/config/schema.ts'

const controller = { url: 'https://jenkins.example/', user: 'ann', token: 'env:TOKEN' }
/** Lends 4 CPUs and 8 GiB unless told otherwise. */
const hardware = { cpus: 8, memoryBytes: 16 * 2 ** 30 }

function check(input: Partial<AgentConfigInput>, machine = hardware) {
  const findings = checkAgentConfig(agentConfigSchema.parse({ controller, ...input }), machine)
  return findings.map(({ severity, path, message }) => `${severity} ${path}: ${message}`)
}

it('finds nothing in a plain configuration', () => {
  expect(check({})).toEqual([])
})

it.each<[string, Partial<AgentConfigInput>, string]>([
  [
    'a size above the own max',
    { templates: [{ name: 'a', size: '2CPU4G', max: '1CPU8G' }] },
    "error templates[0].size: 2 CPUs and 4 GiB is larger than this template's own max of 1 CPU and 8 GiB",
  ],
  [
    'a size above the budget',
    { templates: [{ name: 'a' }, { name: 'b', size: '8CPU2G' }] },
    'error templates[1].size: 8 CPUs and 2 GiB is more than this machine lends, 4 CPUs and 8 GiB: jobs that name no size cannot run here',
  ],
  [
    'a max above the budget',
    { templates: [{ name: 'a', max: '4CPU16G' }] },
    'warning templates[0].max: 4 CPUs and 16 GiB is more than this machine lends, 4 CPUs and 8 GiB, which is the limit then',
  ],
  [
    'a budget set below a size',
    { machine: { cpus: 0.5 }, templates: [{ name: 'a', size: '2CPU1G' }] },
    'error templates[0].size: 2 CPUs and 1 GiB is more than this machine lends, 0.5 CPUs and 8 GiB: jobs that name no size cannot run here',
  ],
  [
    'more CPUs than there are',
    { machine: { cpus: 9 } },
    'error machine.cpus: 9 CPUs are to be lent, but there are 8',
  ],
  [
    'more memory than there is',
    { machine: { memory: '32G' } },
    'error machine.memory: 32 GiB of memory are to be lent, but there are 16 GiB',
  ],
  [
    'one name for two templates',
    { templates: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] },
    'error templates[2].name: templates[0] is called a too',
  ],
  [
    'an image that the owner does not allow',
    { templates: [{ name: 'a', image: 'evil/agent:1' }] },
    'error templates[0].image: the image evil/agent:1 is not among those that may run here',
  ],
  [
    'the engine socket for builds',
    { templates: [{ name: 'a', dockerSocket: true }] },
    'warning templates[0].dockerSocket: every build in a container of a can become root on this machine',
  ],
  [
    'less haste with work than without',
    { poll: { idle: '5s', busy: '5s' } },
    'warning poll.busy: footman looks no more often while builds wait than while nothing happens',
  ],
  [
    'a token in clear text',
    { controller: { ...controller, url: 'http://jenkins.example:8080/' } },
    'warning controller.url: the token travels unencrypted to jenkins.example:8080',
  ],
  [
    "an agent's secret in clear text",
    { controller: { ...controller, agentUrl: 'http://10.0.0.7/' } },
    "warning controller.agentUrl: the agents' secret travels unencrypted to 10.0.0.7",
  ],
])('finds %s', (_case, input, finding) => {
  expect(check(input)).toEqual([finding])
})

describe('is content with', () => {
  it.each<[string, Partial<AgentConfigInput>]>([
    ['a controller on this machine', { controller: { ...controller, url: 'http://localhost:8080/' } }],
    ['a controller on the loopback', { controller: { ...controller, url: 'http://127.0.0.1:8080/' } }],
    ['the same in IPv6', { controller: { ...controller, url: 'http://[::1]:8080/' } }],
    ['a max that is all that is lent', { templates: [{ name: 'a', max: '4CPU8G' }] }],
    ['an image that was allowed', { templates: [{ name: 'a', image: 'x/y:1' }], images: { allow: ['x/*'] } }],
  ])('%s', (_case, input) => {
    expect(check(input)).toEqual([])
  })
})

it('lets a small machine serve jobs that name a small size', () => {
  const [finding, ...others] = check({}, { cpus: 1, memoryBytes: 2 ** 30 })
  expect(finding).toMatch(/^warning templates\[0\]\.size: 1 CPU and 2 GiB is more than this machine lends/)
  expect(others).toEqual([])
})

it('finds everything at once, each with a cure', () => {
  const findings = checkAgentConfig(
    agentConfigSchema.parse({
      controller: { ...controller, url: 'http://jenkins.example/' },
      machine: { cpus: 99 },
      templates: [{ name: 'a', image: 'x', dockerSocket: true }, { name: 'a' }],
    }),
    hardware,
  )
  expect(findings.map(({ path }) => path)).toEqual([
    'controller.url',
    'machine.cpus',
    'templates[0].image',
    'templates[0].dockerSocket',
    'templates[1].name',
  ])
  for (const { hint } of findings) expect(hint).not.toBe('')
})
