import { autobuildImage } from './autobuild-image.ts'
import { checkContract } from './check-contract.ts'
import { cutover } from './cutover.ts'
import { etcdCluster } from './etcd-cluster.ts'
import { etcdConfig } from './etcd-config.ts'
import type { FakeStep } from './fake-step.ts'
import { poolImage } from './pool-image.ts'
import { promoteImage } from './promote-image.ts'
import { puppeteerTest } from './puppeteer-test.ts'
import { seleniumTest } from './selenium-test.ts'
import { shipImage } from './ship-image.ts'
import { tcpService } from './tcp-service.ts'
import { withCompose } from './with-compose.ts'
import { withEatMyData } from './with-eat-my-data.ts'
import { withEtcdConfig } from './with-etcd-config.ts'
import { withNetwork } from './with-network.ts'
import { withPackageCache } from './with-package-cache.ts'
import { withXvfb } from './with-xvfb.ts'

/** Stand-ins by the name of the step. Every step has them: the contract test insists. */
export const fakes: Readonly<Record<string, FakeStep>> = {
  autobuildImage,
  checkContract,
  cutover,
  etcdCluster,
  etcdConfig,
  poolImage,
  promoteImage,
  puppeteerTest,
  seleniumTest,
  shipImage,
  tcpService,
  withCompose,
  withEatMyData,
  withEtcdConfig,
  withNetwork,
  withPackageCache,
  withXvfb,
}
