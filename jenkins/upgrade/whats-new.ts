import type { News, UpgradeOptions } from './contract.ts'
import { failedImages, keyOf } from './failed.ts'
import { askNewest, lookAround } from './look-around.ts'
import { filesOf } from './names.ts'

/**
 * What runs, against what the image reference of the settings names now. Nothing is pulled, locked or changed. Throws RemoteError
 * when the engine, or a registry that should answer, does not.
 */
export async function whatsNew(
  options: Pick<UpgradeOptions, 'settings' | 'host' | 'stateFolder' | 'signal'>,
): Promise<News> {
  const { settings, host, signal } = options
  const ask = { reference: settings.image, signal }
  const seen = await lookAround(host, settings.name, ask)
  if (!seen) {
    return {
      container: 'missing',
      running: undefined,
      newest: undefined,
      verdict: 'unknown',
      failedBefore: undefined,
      reason: `there is no container ${settings.name}`,
    }
  }
  const { verdict, digest, imageId, reason } = await askNewest(host, seen, ask)
  const key = keyOf({ digest, imageId: imageId ?? '' })
  const failures = await failedImages(filesOf(options.stateFolder, settings.name).failed)
  const failure = failures.find((one) => one.key === key)
  const isKnown = digest !== undefined || imageId !== undefined
  return {
    container: seen.container.State.Running === true ? 'running' : 'stopped',
    running: seen.running,
    newest: isKnown
      ? { digest, imageId, from: digest === undefined ? 'this machine' : 'registry' }
      : undefined,
    verdict,
    failedBefore: verdict === 'newer' && failure ? { reason: failure.reason, atMs: failure.atMs } : undefined,
    reason,
  }
}
