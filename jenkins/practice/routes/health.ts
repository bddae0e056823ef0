import { compareVersions } from '../../version.ts'
import { forbidden } from '../replies.ts'
import type { Route } from '../world.ts'

/** `/health/`, from Jenkins 2.506 on: open to everybody. jenkinsci/jenkins HealthCheckAction.java. */
export const health: Route = (call, world) => {
  if (compareVersions(world.version, '2.506') < 0) return forbidden(call, world, 'hudson.model.Hudson.Read')
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/json;charset=utf-8',
      'X-Jenkins': world.version,
      'X-Jenkins-Session': world.session,
    },
    body: '{"status":true}',
  }
}
