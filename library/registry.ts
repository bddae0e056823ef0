import type { StepDefinition } from './definition.ts'
import { autobuildImage } from './steps/autobuild-image.ts'
import { checkContract } from './steps/check-contract.ts'
import { cutover } from './steps/cutover.ts'
import { etcdCluster } from './steps/etcd-cluster.ts'
import { etcdConfig } from './steps/etcd-config.ts'
import { poolImage } from './steps/pool-image.ts'
import { promoteImage } from './steps/promote-image.ts'
import { puppeteerTest } from './steps/puppeteer-test.ts'
import { seleniumTest } from './steps/selenium-test.ts'
import { shipImage } from './steps/ship-image.ts'
import { tcpService } from './steps/tcp-service.ts'
import { withCompose } from './steps/with-compose.ts'
import { withEatMyData } from './steps/with-eat-my-data.ts'
import { withEtcdConfig } from './steps/with-etcd-config.ts'
import { withNetwork } from './steps/with-network.ts'
import { withPackageCache } from './steps/with-package-cache.ts'
import { withXvfb } from './steps/with-xvfb.ts'

/** Every step that footman can generate, in the order of their names. */
export const steps: readonly StepDefinition[] = [
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
]
