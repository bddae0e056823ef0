import type { NodeConfig } from '../node-xml.ts'
import { childOf, textOf, type XmlElement } from '../xml.ts'

/** An SSH launcher as a node's configuration says it. */
export interface SshLauncherSettings {
  host: string
  port: number
  credentialsId: string
  java: string
  jvmOptions: string
  timeoutMs: number
  retries: number
  retryPauseMs: number
  /** Undefined for the strategies that are not played. */
  hostKey: string | undefined
}

/** Undefined for a node whose agent dials in. */
export function sshLauncherOf(config: NodeConfig | undefined): SshLauncherSettings | undefined {
  const launcher = config?.launcher
  if (launcher?.attributes.class !== 'hudson.plugins.sshslaves.SSHLauncher') return undefined
  const number = (name: string, preset: number) => Number(textOf(launcher, name) || preset)
  return {
    host: textOf(launcher, 'host') ?? '',
    port: number('port', 22),
    credentialsId: textOf(launcher, 'credentialsId') ?? '',
    java: textOf(launcher, 'javaPath') || 'java',
    jvmOptions: textOf(launcher, 'jvmOptions') ?? '',
    timeoutMs: number('launchTimeoutSeconds', 60) * 1000,
    retries: number('maxNumRetries', 10),
    retryPauseMs: number('retryWaitTime', 15) * 1000,
    hostKey: pinnedKey(childOf(launcher, 'sshHostKeyVerificationStrategy')),
  }
}

function pinnedKey(strategy: XmlElement | undefined): string | undefined {
  const key = strategy && childOf(strategy, 'key')
  return key && `${textOf(key, 'algorithm')} ${textOf(key, 'key')}`
}
