import type { ContainerHost, JsonObject } from '../../core/container-host.ts'
import { RemoteError, UserError } from '../../core/errors.ts'
import { labels } from '../upgrade/names.ts'

export interface FolderRequest {
  /** Absolute path on the engine's machine. */
  folder: string
  /** Name of the controller's container. */
  controller: string
  image: string
  signal: AbortSignal
}

/** The user jenkins of the official image: jenkinsci/docker Dockerfile. */
const jenkinsUser = '1000:1000'
const inside = '/home-of-jenkins'

/**
 * Sees to a folder for the home, on the machine of the engine, wherever that is: made when it is not there, given to Jenkins
 * when it is empty and root's. One with content stays as it is. Throws UserError when Jenkins cannot write to it.
 */
export async function prepareFolder(host: ContainerHost, request: FolderRequest): Promise<void> {
  // The engine makes the folder, as root, when it is asked to mount one that is not there.
  const giveAway = `[ -n "$(ls -A)" ] || [ "$(stat -c %u .)" != 0 ] || chown ${jenkinsUser} .`
  const given = await runInside(host, request, { script: giveAway, user: '0' })
  if (given.code !== 0) throw cannotWrite(request, given.said)
  const tried = await runInside(host, request, { script: 'touch .footman && rm .footman' })
  if (tried.code !== 0) throw cannotWrite(request, tried.said)
}

function cannotWrite({ folder }: FolderRequest, said: string): UserError {
  return new UserError(`Jenkins cannot write to ${folder}: ${said || 'it says nothing more'}`, {
    hint: `give it to the user of the image: sudo chown -R ${jenkinsUser} ${folder}`,
  })
}

/** Runs a few words of shell in a container of the image that sees nothing but the folder. */
async function runInside(
  host: ContainerHost,
  { folder, controller, image, signal }: FolderRequest,
  { script, user }: { script: string; user?: string },
): Promise<{ code: number; said: string }> {
  const body: JsonObject = {
    Image: image,
    Entrypoint: ['sh', '-c'],
    Cmd: [script],
    WorkingDir: inside,
    Labels: { [labels.controller]: controller, [labels.role]: 'helper' },
    HostConfig: { Binds: [`${folder}:${inside}`], NetworkMode: 'none' },
    ...(user === undefined ? {} : { User: user }),
  }
  const name = `${controller}-helper-folder`
  // A footman that was killed here has left its own behind.
  await host.remove(name, { volumes: true }, signal)
  const id = await host.create(name, body, signal)
  try {
    await host.start(id, signal)
    const code = await host.wait(id, signal)
    return { code, said: (await host.logs(id, 3, signal)).trim().split('\n').join('; ') }
  } catch (error) {
    // A path that cannot be a folder, or lies on a file system that is read-only.
    if (error instanceof RemoteError && error.failure === 'rejected') return { code: 1, said: error.message }
    throw error
  } finally {
    await host.remove(id, { volumes: true })
  }
}
