import { connectDocker } from '../../core/docker.ts'
import { Secret } from '../../core/secret.ts'
import { connectJenkins } from '../../jenkins/connect.ts'
import { type PracticeController, startPracticeController } from '../../jenkins/practice/controller.ts'
import { practiceImage } from '../../jenkins/practice/image.ts'
import { type Stage, uniquePrefix } from './stage.ts'

export interface PracticeStage extends Stage {
  controller: PracticeController
  close(): Promise<void>
}

export interface PracticeStageOptions {
  /** Further parts of agent.yaml. */
  settings?: Record<string, unknown>
  /** Agents that the controller dials need an image with sshd, and are reached by published ports. */
  overSsh?: boolean
}

/** A practice controller and an image for its agents on the real engine. */
export async function practiceStage({
  settings = {},
  overSsh = false,
}: PracticeStageOptions = {}): Promise<PracticeStage> {
  const prefix = uniquePrefix()
  const engine = await connectDocker()
  const image = await practiceImage(engine, `footman/${prefix}:1`, { withSshd: overSsh })
  const controller = await startPracticeController({ quietPeriodMs: 0, restartMs: 3_000 })
  const token = new Secret(controller.token)
  return {
    prefix,
    controller,
    jenkins: connectJenkins({ url: controller.url, user: controller.user, token }),
    user: controller.user,
    token: controller.token,
    // The controller listens on this machine's loopback, which containers reach in the machine's own network only.
    template: { image, ...(!overSsh && { network: 'host' }) },
    settings,
    images: [image],
    pull: 'never',
    restart: () => controller.restart({ downMs: 3_000 }),
    close: async () => {
      await controller.stop()
      await engine.removeImage(image)
    },
  }
}
