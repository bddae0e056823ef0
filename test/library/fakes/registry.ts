import { autobuildImage } from './autobuild-image.ts'
import type { FakeStep } from './fake-step.ts'
import { puppeteerTest } from './puppeteer-test.ts'
import { seleniumTest } from './selenium-test.ts'
import { tcpService } from './tcp-service.ts'
import { withCompose } from './with-compose.ts'
import { withEatMyData } from './with-eat-my-data.ts'
import { withNetwork } from './with-network.ts'
import { withPackageCache } from './with-package-cache.ts'
import { withXvfb } from './with-xvfb.ts'

/** Stand-ins by the name of the step. Every step has them: the contract test insists. */
export const fakes: Readonly<Record<string, FakeStep>> = {
  autobuildImage,
  puppeteerTest,
  seleniumTest,
  tcpService,
  withCompose,
  withEatMyData,
  withNetwork,
  withPackageCache,
  withXvfb,
}
