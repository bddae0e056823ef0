import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { XMLParser } from 'fast-xml-parser'
import { describe, expect, test } from 'vitest'
import { describePlan, executePlan } from '../../../agent/service/execute-plan.ts'
import { planInstall, planUninstall } from '../../../agent/service/install.ts'
import type { ServicePlan, ServiceProgram, ServiceSite } from '../../../agent/service/plan.ts'
import { scriptedCommands } from '../../support/scripted-commands.ts'
import { tempDir } from '../../support/temp-dir.ts'

const program: ServiceProgram = {
  node: '/usr/bin/node',
  cli: '/usr/lib/node_modules/footman/dist/cli.js',
  config: '/home/ann/.config/footman/agent.yaml',
  stopWithinMs: 1_800_000,
}

function site(over: Partial<ServiceSite> = {}): ServiceSite {
  return { platform: 'linux', home: '/home/ann', uid: 1000, user: 'ann', env: {}, ...over }
}

function written(plan: ServicePlan): { path: string; content: string; mode: number } {
  const step = plan.steps.find(({ kind }) => kind === 'write')
  if (step?.kind !== 'write') throw new Error('the plan writes nothing')
  return step
}

function commandsOf({ steps }: ServicePlan): string[] {
  return steps.flatMap((step) => (step.kind === 'run' ? [step.words.join(' ')] : []))
}

describe('the systemd unit', () => {
  test('runs this very footman with this very configuration', () => {
    const { path, content, mode } = written(planInstall(site(), program))
    expect(path).toBe('/home/ann/.config/systemd/user/footman-agent.service')
    expect(content).toContain(
      'ExecStart="/usr/bin/node" "/usr/lib/node_modules/footman/dist/cli.js" "agent" "run" "--config" "/home/ann/.config/footman/agent.yaml"\n',
    )
    expect(mode).toBe(0o600)
  })

  test('comes back after a crash, not after a wrong configuration, and lets builds end', () => {
    const { content } = written(planInstall(site(), program))
    expect(content).toMatch(/^Restart=on-failure$/m)
    expect(content).toMatch(/^RestartPreventExitStatus=2 4$/m)
    expect(content).toMatch(/^TimeoutStopSec=1860$/m)
    expect(content).toMatch(/^NoNewPrivileges=yes$/m)
  })

  test('quotes what systemd would expand', () => {
    const odd = { ...program, config: '/home/ann/50% "off"/$HOME\\agent.yaml' }
    expect(written(planInstall(site(), odd)).content).toContain(
      '"/home/ann/50%% \\"off\\"/$$HOME\\\\agent.yaml"',
    )
  })

  test('carries what leads to the engine and through proxies, and no password', () => {
    const env = {
      DOCKER_HOST: 'unix:///home/ann/.colima/docker.sock',
      HTTPS_PROXY: 'http://ann:hunter2@proxy.test:3128',
      NO_PROXY: 'localhost,100%',
      JENKINS_TOKEN: '11aabbcc',
      EMPTY: '',
    }
    const plan = planInstall(site({ env }), program)
    const { content } = written(plan)
    expect(content).toContain('Environment="DOCKER_HOST=unix:///home/ann/.colima/docker.sock"\n')
    expect(content).toContain('Environment="NO_PROXY=localhost,100%%"\n')
    expect(describePlan(plan)).not.toMatch(/hunter2|11aabbcc/)
    expect(plan.notes.join()).toContain('HTTPS_PROXY holds a password')
  })

  test('is enabled and started, and tells of lingering and the log', () => {
    const plan = planInstall(site(), program)
    expect(commandsOf(plan)).toEqual([
      'systemctl --user daemon-reload',
      'systemctl --user enable --now footman-agent.service',
    ])
    expect(plan.notes.join('\n')).toContain('loginctl enable-linger ann')
    expect(plan.notes.join('\n')).toContain('journalctl --user -u footman-agent')
  })

  test('stands where XDG_CONFIG_HOME says', () => {
    const plan = planInstall(site({ env: { XDG_CONFIG_HOME: '/data/config' } }), program)
    expect(written(plan).path).toBe('/data/config/systemd/user/footman-agent.service')
  })
})

describe('the launchd plist', () => {
  const mac = site({
    platform: 'darwin',
    home: '/Users/ann',
    uid: 501,
    env: { DOCKER_HOST: 'unix:///a&b<c>' },
  })

  test('is a property list with the same words', () => {
    const { path, content } = written(planInstall(mac, program))
    expect(path).toBe('/Users/ann/Library/LaunchAgents/footman-agent.plist')
    const { plist } = new XMLParser({ ignoreAttributes: true }).parse(content)
    expect(plist.dict.key.slice(0, 3)).toEqual(['Label', 'ProgramArguments', 'EnvironmentVariables'])
    expect(plist.dict.array.string).toEqual([
      program.node,
      program.cli,
      'agent',
      'run',
      '--config',
      program.config,
    ])
    expect(plist.dict.dict[0]).toEqual({ key: 'DOCKER_HOST', string: 'unix:///a&b<c>' })
  })

  test('replaces an older one', () => {
    expect(commandsOf(planInstall(mac, program))).toEqual([
      'launchctl bootout gui/501/footman-agent',
      'launchctl bootstrap gui/501 /Users/ann/Library/LaunchAgents/footman-agent.plist',
    ])
  })
})

describe('a program that will not last', () => {
  test.each([
    ['/home/ann/.npm/_npx/1a2b/node_modules/footman/dist/cli.js', 'npm install -g footman'],
    ['/home/ann/src/footman/cli.ts', 'npm run build'],
  ])('%s is refused', (cli, cure) => {
    expect(() => planInstall(site(), { ...program, cli })).toThrow(
      expect.objectContaining({ hint: expect.stringContaining(cure) }),
    )
  })

  test('neither is a system without a service manager that we know', () => {
    expect(() => planInstall(site({ platform: 'freebsd' }), program)).toThrow(
      'cannot make a service on freebsd',
    )
  })
})

describe('carrying it out', () => {
  test('writes the unit and starts it; removing it leaves nothing', async () => {
    const home = await tempDir()
    const run = scriptedCommands({ systemctl: '' })
    const plan = planInstall(site({ home }), program)
    await executePlan(plan, run)
    const { path, content } = written(plan)
    expect(await readFile(path, 'utf8')).toBe(content)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await executePlan(plan, run)
    await executePlan(planUninstall(site({ home })), run)
    expect(await readdir(join(path, '..'))).toEqual([])
    expect(run.ran.at(-2)).toBe('systemctl --user disable --now footman-agent.service')
  })

  test('without a running systemd fails with what else one can do', async () => {
    const run = scriptedCommands({ systemctl: { exitCode: 1, stderr: 'Failed to connect to bus\n' } })
    await expect(
      executePlan(planInstall(site({ home: await tempDir() }), program), run),
    ).rejects.toMatchObject({
      message: 'systemctl --user daemon-reload failed: Failed to connect to bus',
      hint: expect.stringContaining('footman agent run'),
    })
  })

  test('removing what runs no more is no failure', async () => {
    const run = scriptedCommands({ systemctl: { exitCode: 5, stderr: 'not loaded' } })
    await expect(executePlan(planUninstall(site({ home: await tempDir() })), run)).resolves.toBeUndefined()
  })
})
