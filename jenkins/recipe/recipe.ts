import type { JsonObject } from '../../core/container-host.ts'

/**
 * Everything that it takes to make a controller's container again, by footman or by hand: kept in the journal before anything is touched.
 * `body` goes to `POST /containers/create` with one endpoint at most (engines before API 1.44 take no more);
 * the other networks are connected before the start.
 */
export interface Recipe {
  name: string
  body: JsonObject
  /** In this order. */
  connect: { network: string; endpoint: JsonObject }[]
}

/** What speaks against upgrading a container, or should be known. */
export interface Concern {
  /** refuse: it would lose something; warn: it should be known. */
  severity: 'refuse' | 'warn'
  message: string
  hint: string
}

/** The home of a controller: the mount at JENKINS_HOME. */
export interface HomeMount {
  /** Volume name or host path. */
  source: string
  kind: 'volume' | 'bind'
  /** JENKINS_HOME in the container, default /var/jenkins_home. */
  target: string
  /** An anonymous volume, which the recipe pins by its name. */
  anonymous: boolean
}
