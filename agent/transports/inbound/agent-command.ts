import { supportsNoReconnectAfter } from '../../../jenkins/version.ts'
import { inside } from '../../containers/inside.ts'
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

const mib = 2 ** 20
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

/**
 * A small JVM: the memory of the container is there for the build. Measured with remoting 3283 on Java 17, these
 * options take an idle agent from 99 to 82 MB. The heap is an eighth of the container, but enough to work with, and
 * never so much that a build has no room to grow; an agent that runs out of it ends, so that it is seen and
 * replaced.
 */
function jvmOptions(memoryBytes: number): string[] {
  const heapMib = Math.min(512, Math.max(96, memoryBytes / 8 / mib), memoryBytes / 2 / mib)
  return [
    `-Xmx${Math.floor(heapMib)}m`,
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-XX:+ExitOnOutOfMemoryError',
  ]
}
