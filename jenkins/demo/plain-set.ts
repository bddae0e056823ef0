import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Secret } from '../../core/secret.ts'
import { type PracticeController, startPracticeController } from '../practice/controller.ts'
import { corruptHome } from '../practice/controller-image/corruption.ts'
import { fillHome, homePlan } from '../practice/controller-image/home-content.ts'
import { loadHome, markBooted } from '../practice/controller-image/home-files.ts'
import { newToken } from '../practice/controller-image/practice-home.ts'
import { fingerprintOf } from './fingerprint.ts'
import { plainHome } from './plain-home.ts'
import { PlainHost } from './plain-host.ts'
import { type DemoSet, versions } from './set.ts'

/** Everything inside this process and one folder. */
export async function plainSet(folder: string, because: string): Promise<DemoSet> {
  const [home, store] = [join(folder, 'home'), join(folder, 'backups')]
  await Promise.all([home, store].map((path) => mkdir(path, { recursive: true })))
  const token = newToken()
  fillHome(home, homePlan({ token, files: homeFiles, version: versions.old }))
  // Whoever is not root cannot copy what nobody may read.
  await rm(join(home, 'userContent/nobody may read'))
  const reference = 'demo/jenkins:lts'
  const host = new PlainHost()
  const keeper = plainHome(home, store)
  host.addImage(reference, versions.old, (at, say) => startVersion(at, say, { version: versions.old }))
  return {
    host,
    keeperOf: () => keeper,
    name: 'jenkins',
    reference,
    home,
    store,
    account: { user: 'admin', token: new Secret(token) },
    releaseBrokenVersion: async () => {
      host.addImage(reference, versions.broken, (at, say) =>
        startVersion(at, say, { version: versions.broken, migrate: spoil }),
      )
    },
    fingerprint: () => fingerprintOf(home),
    note: `the controller runs inside this process, with a folder as its home (${because})`,
    close: () => host.close(),
  }
}

const homeFiles = 100

interface Version {
  version: string
  /** What it does to a home on its first start. */
  migrate?: (home: string) => Promise<void>
}

/** A practice controller on a home. */
async function startVersion(
  home: string,
  say: (line: string) => void,
  { version, migrate = async () => {} }: Version,
): Promise<PracticeController> {
  let isLoaded = false
  say(`Running the practice controller ${version} from: ${home}`)
  const controller = await startPracticeController({
    version,
    prepare: async (state) => {
      const prepared = await loadHome(state, {
        ...{ home, version, forceWizard: false },
        onFirstPassword: () => undefined,
      })
      await migrate(home)
      isLoaded = true
      return prepared
    },
  })
  if (isLoaded) await markBooted(home)
  say(isLoaded ? 'Jenkins is fully up and running' : 'the migration broke on purpose')
  return controller
}

async function spoil(home: string): Promise<void> {
  await corruptHome(home)
  throw new Error('java.io.IOException: the migration broke on purpose')
}
