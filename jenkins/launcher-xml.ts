import type { NodeLauncher, SshLauncher } from './jenkins.ts'

/** An element of config.xml: its name, its attributes, and what it holds. */
export interface LauncherElement {
  name: string
  attributes?: Record<string, string>
  content: string | LauncherElement[]
}

export const inboundClass = 'hudson.slaves.JNLPLauncher'
const sshPlugin = 'hudson.plugins.sshslaves'

/**
 * A launcher as it stands in a node's config.xml (jenkinsci/jenkins JNLPLauncher.java, jenkinsci/ssh-agents-plugin SSHLauncher.java;
 * recorded from Jenkins 2.498 with ssh-slaves 3.1031).
 */
export function launcherElement(launcher: NodeLauncher): LauncherElement {
  return launcher.kind === 'ssh' ? sshElement(launcher) : inboundElement(launcher.webSocket)
}

function inboundElement(webSocket: boolean): LauncherElement {
  const settings: Record<string, string> = {
    disabled: 'false',
    internalDir: 'remoting',
    failIfWorkDirIsMissing: 'false',
  }
  return {
    name: 'launcher',
    attributes: { class: inboundClass },
    content: [
      { name: 'workDirSettings', content: fields(settings) },
      { name: 'webSocket', content: String(webSocket) },
    ],
  }
}

/** Jenkins tries for a good minute: by then a container of ours that does not answer has been replaced. */
function sshElement(launcher: SshLauncher): LauncherElement {
  const { host, port, credentialsId, java, jvmOptions, hostKey } = launcher
  const [algorithm = '', key = ''] = hostKey.split(' ')
  return {
    name: 'launcher',
    attributes: { class: `${sshPlugin}.SSHLauncher` },
    content: [
      ...fields({ host, port: String(port), credentialsId, jvmOptions, javaPath: java }),
      ...fields({ launchTimeoutSeconds: '30', maxNumRetries: '3', retryWaitTime: '5', tcpNoDelay: 'true' }),
      {
        name: 'sshHostKeyVerificationStrategy',
        attributes: { class: `${sshPlugin}.verifiers.ManuallyProvidedKeyVerificationStrategy` },
        content: [{ name: 'key', content: fields({ algorithm, key }) }],
      },
    ],
  }
}

function fields(values: Record<string, string>): LauncherElement[] {
  return Object.entries(values).map(([name, content]) => ({ name, content }))
}
