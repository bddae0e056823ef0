import { UserError } from '../../core/errors.ts'
import { planLaunchdInstall, planLaunchdUninstall } from './launchd.ts'
import type { ServicePlan, ServiceProgram, ServiceSite } from './plan.ts'
import { planSystemdInstall, planSystemdUninstall } from './systemd.ts'

/** How the agent becomes a service of this person. Throws UserError where footman knows no service manager, or the program cannot last. */
export function planInstall(site: ServiceSite, program: ServiceProgram): ServicePlan {
  requireLasting(program)
  return managerOf(site).install(site, program)
}

export function planUninstall(site: ServiceSite): ServicePlan {
  return managerOf(site).uninstall(site)
}

function managerOf({ platform }: ServiceSite) {
  if (platform === 'linux') return { install: planSystemdInstall, uninstall: planSystemdUninstall }
  if (platform === 'darwin') return { install: planLaunchdInstall, uninstall: planLaunchdUninstall }
  throw new UserError(`footman cannot make a service on ${platform}`, {
    hint: 'have your service manager run: footman agent run',
  })
}

/** A service outlives the folder that npx cleans up, and is not run from sources. */
function requireLasting({ cli }: ServiceProgram): void {
  if (cli.includes('/_npx/')) {
    throw new UserError(`${cli} is in the cache of npx, which is emptied now and then`, {
      hint: 'install footman for good: npm install -g footman',
    })
  }
  if (cli.endsWith('.ts')) {
    throw new UserError(`${cli} is source code`, {
      hint: 'build it first (npm run build), then use dist/cli.js',
    })
  }
}
