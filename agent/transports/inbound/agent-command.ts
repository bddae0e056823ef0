import { supportsNoReconnectAfter } from '../../../jenkins/version.ts'
import { inside } from '../../containers/inside.ts'
import { jvmOptions } from '../jvm-options.ts'
import type { InboundWay } from './way.ts'

export interface AgentCommandOptions {
  /** Java inside the image. */
  java: string
  /** The node's name. */
  slot: string
  /** The controller as the container sees it. */
  controllerUrl: string
  /** As the controller says; undefined where it has not said yet. */
  controllerVersion: string | undefined
  transport: InboundWay
  workDir: string
  memoryBytes: number
}

/** How long an agent goes on trying before it ends by itself, should nobody remove it. */
const patience = '1d'

/**
 * The words that start agent.jar (jenkinsci/remoting Launcher.java). The secret is only named as a file: a command
 * line can be read by everybody on the machine.
 */
export function agentCommand(options: AgentCommandOptions): { entrypoint: string[]; command: string[] } {
  const { java, slot, controllerUrl, controllerVersion, transport, workDir, memoryBytes } = options
  const endsByItself = controllerVersion !== undefined && supportsNoReconnectAfter(controllerVersion)
  const command = [
    ...jvmOptions(memoryBytes),
    ...['-jar', inside.agentJar],
    ...['-url', controllerUrl],
    ...['-name', slot],
    ...['-secret', `@${inside.secretFolder}/${inside.secretName}`],
    ...['-workDir', workDir],
    ...['-jar-cache', inside.jarFolder],
    ...transport.agentOptions,
    ...(endsByItself ? ['-noReconnectAfter', patience] : []),
  ]
  return { entrypoint: [java], command }
}
