import { join } from 'node:path'
import {
  type ServicePlan,
  type ServiceProgram,
  type ServiceSite,
  serviceEnvironment,
  serviceWords,
  stoppingMs,
} from './plan.ts'

const label = 'footman-agent'

function plistPath({ home }: Pick<ServiceSite, 'home'>): string {
  return join(home, 'Library', 'LaunchAgents', `${label}.plist`)
}

/** A launch agent of the user: it runs while the person is logged in, as Docker Desktop does. */
export function planLaunchdInstall(site: ServiceSite, program: ServiceProgram): ServicePlan {
  const path = plistPath(site)
  const { secret } = serviceEnvironment(site.env)
  return {
    steps: [
      { kind: 'write', path, content: renderPlist(site, program), mode: 0o600 },
      {
        kind: 'run',
        words: ['launchctl', 'bootout', `gui/${site.uid}/${label}`],
        mayFail: true,
        timeoutMs: stoppingMs,
      },
      { kind: 'run', words: ['launchctl', 'bootstrap', `gui/${site.uid}`, path] },
    ],
    notes: [
      'it lends while you are logged in',
      `its log: tail -f ${logPath(site)}`,
      'after a change of agent.yaml, or of Node.js: footman agent install',
      ...secret.map((name) => `${name} holds a password and was left out: give it to the service by hand`),
    ],
  }
}

export function planLaunchdUninstall(site: ServiceSite): ServicePlan {
  return {
    steps: [
      {
        kind: 'run',
        words: ['launchctl', 'bootout', `gui/${site.uid}/${label}`],
        mayFail: true,
        timeoutMs: stoppingMs,
      },
      { kind: 'remove', path: plistPath(site) },
    ],
    notes: ['settings, token and state stay where they are'],
  }
}

function logPath({ home }: Pick<ServiceSite, 'home'>): string {
  return join(home, 'Library', 'Logs', `${label}.log`)
}

/** launchd.plist(5). KeepAlive is restart on failure only; ThrottleInterval keeps a broken one from spinning. */
function renderPlist(site: ServiceSite, program: ServiceProgram): string {
  const words = serviceWords(program).map((word) => `    <string>${escapeXml(word)}</string>`)
  const variables = serviceEnvironment(site.env).kept.map(
    ([name, value]) => `    <key>${escapeXml(name)}</key>\n    <string>${escapeXml(value)}</string>`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${label}</string>
  <key>ProgramArguments</key>
  <array>
${words.join('\n')}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
${variables.join('\n')}
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>30</integer>
  <key>ExitTimeOut</key>
  <integer>${Math.ceil(program.stopWithinMs / 1000) + 60}</integer>
  <key>ProcessType</key>
  <string>Background</string>
  <key>Umask</key>
  <integer>63</integer>
  <key>StandardErrorPath</key>
  <string>${escapeXml(logPath(site))}</string>
</dict>
</plist>
`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
