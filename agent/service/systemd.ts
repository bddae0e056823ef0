import { join } from 'node:path'
import {
  type ServicePlan,
  type ServiceProgram,
  type ServiceSite,
  serviceEnvironment,
  serviceWords,
  stoppingMs,
} from './plan.ts'

const unitName = 'footman-agent.service'

function unitPath({ home, env }: Pick<ServiceSite, 'home' | 'env'>): string {
  const base = env.XDG_CONFIG_HOME?.startsWith('/') ? env.XDG_CONFIG_HOME : join(home, '.config')
  return join(base, 'systemd', 'user', unitName)
}

/** A service of the user's own systemd: no root, and the same rights over the engine as the person has. */
export function planSystemdInstall(site: ServiceSite, program: ServiceProgram): ServicePlan {
  const { secret } = serviceEnvironment(site.env)
  return {
    steps: [
      { kind: 'write', path: unitPath(site), content: renderUnit(site, program), mode: 0o600 },
      { kind: 'run', words: ['systemctl', '--user', 'daemon-reload'] },
      { kind: 'run', words: ['systemctl', '--user', 'enable', '--now', unitName] },
    ],
    notes: [
      `it lends while you are logged in; always, after: loginctl enable-linger ${site.user}`,
      'its log: journalctl --user -u footman-agent -f',
      'after a change of agent.yaml, or of Node.js: footman agent install, then systemctl --user restart footman-agent',
      ...secret.map(
        (name) => `${name} holds a password and was left out of the unit: give it to the service by hand`,
      ),
    ],
  }
}

export function planSystemdUninstall(site: ServiceSite): ServicePlan {
  return {
    steps: [
      {
        kind: 'run',
        words: ['systemctl', '--user', 'disable', '--now', unitName],
        mayFail: true,
        timeoutMs: stoppingMs,
      },
      { kind: 'remove', path: unitPath(site) },
      { kind: 'run', words: ['systemctl', '--user', 'daemon-reload'], mayFail: true },
    ],
    notes: ['settings, token and state stay where they are'],
  }
}

/**
 * The unit. Its hardening is what a user's systemd can do by seccomp alone: everything that needs a user namespace (PrivateTmp,
 * ProtectSystem) would take the docker group away, and with it the engine. Node's compiler forbids MemoryDenyWriteExecute.
 */
function renderUnit({ env }: ServiceSite, program: ServiceProgram): string {
  const stopSeconds = Math.ceil(program.stopWithinMs / 1000) + 60
  return `# Made by \`footman agent install\`; it writes this file anew each time.
[Unit]
Description=footman lends this machine to a Jenkins controller

[Service]
ExecStart=${serviceWords(program).map(quoteWord).join(' ')}
${serviceEnvironment(env)
  .kept.map(([name, value]) => `Environment=${quote(`${name}=${value}`)}\n`)
  .join('')}SyslogIdentifier=footman-agent
# 2: the configuration is wrong, 4: another agent runs; trying again would not help.
Restart=on-failure
RestartSec=10
RestartPreventExitStatus=2 4
# Builds may end before the agent does.
TimeoutStopSec=${stopSeconds}
KillMode=mixed
MemoryMax=512M
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native

[Install]
WantedBy=default.target
`
}

/** systemd.service(5): in a command line `$` begins a variable; systemd.unit(5): `%` begins a specifier everywhere. */
function quoteWord(word: string): string {
  return quote(word.replaceAll('$', '$$$$'))
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replaceAll('%', '%%')}"`
}
