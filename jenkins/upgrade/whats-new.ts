import type { News, UpgradeOptions } from './contract.ts'

/** What runs against what the image reference names now. */
export async function whatsNew(
  _options: Pick<UpgradeOptions, 'settings' | 'host' | 'stateFolder' | 'signal'>,
): Promise<News> {
  throw new Error('not there yet')
}
