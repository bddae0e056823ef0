import { randomBytes } from 'node:crypto'
import type { ContainerHost } from '../../../core/container-host.ts'
import { RemoteError } from '../../../core/errors.ts'
import { type HomePlan, homePlan } from './home-content.ts'
import { practiceControllerBase } from './image.ts'

export interface PracticeHomeOptions extends Partial<Omit<HomePlan, 'tokenHash'>> {
  /** Volume name or absolute host path; must be empty. */
  home: string
  /** The administrator's API token. Default: a new one. */
  token?: string
  /** What practiceControllerBase gave before, or any practice controller's image. */
  image?: string
}

/**
 * Fills a volume or folder as a home of practice controllers that has been in use: see home-content.ts. 50,000 files of 2 GB take
 * some seconds. Returns who may log in. Throws RemoteError when the engine or the program fails.
 */
export async function practiceHome(
  host: Pick<ContainerHost, 'inspectImage' | 'build' | 'create' | 'start' | 'wait' | 'logs' | 'remove'>,
  options: PracticeHomeOptions,
  signal?: AbortSignal,
): Promise<{ user: string; token: string }> {
  const { home, token = newToken(), image, ...wanted } = options
  const plan = homePlan({ ...wanted, token })
  const id = await host.create(
    `footman-practice-home-${randomBytes(4).toString('hex')}`,
    {
      Image: image ?? (await practiceControllerBase(host, signal)),
      Entrypoint: ['node', program],
      User: '0',
      Env: [`FOOTMAN_HOME_PLAN=${JSON.stringify(plan)}`],
      Labels: { 'footman.practice': 'home-maker' },
      HostConfig: { Binds: [`${home}:/var/jenkins_home`], NetworkMode: 'none' },
    },
    signal,
  )
  try {
    await host.start(id, signal)
    const code = await host.wait(id, signal)
    if (code !== 0) {
      throw new RemoteError('broken', `The practice home was not filled: ${await host.logs(id, 5, signal)}`, {
        hint: 'is the volume empty, and is there room?',
      })
    }
  } finally {
    await host.remove(id, { volumes: true })
  }
  return { user: plan.user, token }
}

const program = '/usr/share/footman/dist/jenkins/practice/controller-image/fill-home.js'

/** As Jenkins makes them: two digits for the format, and 128 random bits. */
export function newToken(): string {
  return `11${randomBytes(16).toString('hex')}`
}
