import type { Json, JsonObject } from '../../core/container-host.ts'
import { asArray, asObject } from '../recipe/json.ts'
import type { HomeMount, Recipe } from '../recipe/recipe.ts'
import { labels } from './names.ts'

export interface Stand {
  home: HomeMount
  controller: string
  transaction: string
  /** Of the container and its volume. */
  name: string
}

/** A JVM that cannot find the address of its own host name is not itself. */
const hostname = 'rehearsal'

/**
 * The recipe of the new controller, changed so that it can do no harm: on a copy of the home, without any network but its own
 * loopback (an internal one of Docker still leads to the machine itself), and with all other mounts read-only; the
 * engine's socket, which is power however it is mounted, is left out. So is what ties it to other containers or to
 * fixed addresses. Pure.
 */
export function rehearsalRecipe({ body }: Recipe, stand: Stand): Recipe {
  const host = asObject(body.HostConfig)
  const { MacAddress: _mac, Domainname: _domain, NetworkingConfig: _networks, ...rest } = body
  const { PortBindings: _ports, Links: _links, VolumesFrom: _volumes, ...kept } = host
  return {
    name: stand.name,
    connect: [],
    body: {
      ...rest,
      Hostname: hostname,
      Labels: {
        [labels.controller]: stand.controller,
        [labels.transaction]: stand.transaction,
        [labels.role]: 'rehearsal',
      },
      HostConfig: {
        ...kept,
        ...withoutOthers(host),
        NetworkMode: 'none',
        ExtraHosts: [`${hostname}:127.0.0.1`],
        PublishAllPorts: false,
        AutoRemove: false,
        RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
        Binds: bindsOf(host, stand),
        Mounts: mountsOf(host, stand),
      },
    },
  }
}

/** Name spaces of the machine or of other containers: not for a trial. */
function withoutOthers(host: JsonObject): JsonObject {
  const isShared = (mode: Json | undefined) =>
    typeof mode === 'string' && (mode === 'host' || mode.startsWith('container:'))
  return Object.fromEntries(
    ['IpcMode', 'PidMode', 'UTSMode'].flatMap((key) => (isShared(host[key]) ? [[key, '']] : [])),
  )
}

/** The home is always among them, whichever way the recipe has it. */
function bindsOf(host: JsonObject, { home, name }: Stand): string[] {
  const others = asArray(host.Binds).flatMap((bind) => {
    if (typeof bind !== 'string') return []
    const [source = '', target = ''] = bind.split(':')
    return isLeftOut(source, target, home) ? [] : `${source}:${target}:ro`
  })
  return [`${name}:${home.target}`, ...others]
}

function mountsOf(host: JsonObject, { home }: Stand): JsonObject[] {
  return asArray(host.Mounts).flatMap((mount) => {
    const { Source = '', Target = '', Type } = asObject(mount)
    if (isLeftOut(String(Source), String(Target), home)) return []
    return [Type === 'tmpfs' ? asObject(mount) : { ...asObject(mount), ReadOnly: true }]
  })
}

function isLeftOut(source: string, target: string, home: HomeMount): boolean {
  return target === home.target || /\.sock$/.test(source) || powerful.has(source.replace(/(.)\/+$/, '$1'))
}

/** Folders with sockets in them. */
const powerful = new Set(['/', '/run', '/var', '/var/run'])
