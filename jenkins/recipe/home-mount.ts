import { posix } from 'node:path'
import type { JsonObject, RawContainer } from '../../core/container-host.ts'
import { asArray, asObject, asText, asTexts } from './json.ts'
import type { HomeMount } from './recipe.ts'

/** Where the home of a controller lies, or why it cannot be looked after. */
export type HomeFinding = { home: HomeMount } | { problem: string; hint: string }

/** The mount with the home of a controller; undefined where there is none that outlives the container. */
export function homeMountOf(container: RawContainer): HomeMount | undefined {
  const finding = findHome(container)
  return 'home' in finding ? finding.home : undefined
}

/** JENKINS_HOME as the container has it (jenkinsci/docker Dockerfile), without slashes at the end. */
export function homePathOf({ Config }: RawContainer): string {
  const prefix = 'JENKINS_HOME='
  const pair = asTexts(Config.Env).findLast((pair) => pair.startsWith(prefix) && pair !== prefix)
  const path = posix.normalize(pair?.slice(prefix.length) ?? '/var/jenkins_home')
  return path.replace(/(.)\/+$/, '$1')
}

/** As `homeMountOf`, with the reason where there is none. */
export function findHome(container: RawContainer): HomeFinding {
  const target = homePathOf(container)
  const mount = container.Mounts.filter(({ Destination }) => isWithin(target, asText(Destination)))
    .toSorted((a, b) => asText(a.Destination).length - asText(b.Destination).length)
    .at(-1)
  if (!mount) {
    return {
      problem: `its home ${target} lies in the container itself, and would be lost with it`,
      hint: `copy it out first (docker cp ${container.Name.slice(1)}:${target} /srv/jenkins_home), and start a controller on the copy with footman jenkins up`,
    }
  }
  if (mount.RW === false) {
    return { problem: `its home ${target} is mounted read-only`, hint: 'mount it without :ro' }
  }
  if (mount.Type === 'bind') return { home: bindHome(mount, target) }
  if (mount.Type === 'volume') return volumeHome(container, mount, target)
  return {
    problem: `its home ${target} is on a ${asText(mount.Type) || 'mount'} that does not outlive the container`,
    hint: 'use a volume or a folder of the host for it (footman jenkins up)',
  }
}

function bindHome(mount: JsonObject, target: string): HomeMount {
  const below = posix.relative(asText(mount.Destination), target)
  return { source: posix.join(asText(mount.Source), below), kind: 'bind', target, anonymous: false }
}

function volumeHome({ HostConfig }: RawContainer, mount: JsonObject, target: string): HomeFinding {
  const destination = asText(mount.Destination)
  const asked = asArray(HostConfig.Mounts)
    .map(asObject)
    .find(({ Target }) => Target === destination)
  if (destination !== target || asObject(asked?.VolumeOptions).Subpath) {
    return {
      problem: `its home ${target} is only a part of the volume ${asText(mount.Name)}`,
      hint: 'give the home a volume of its own (footman jenkins up)',
    }
  }
  const source = asText(mount.Name)
  return { home: { source, kind: 'volume', target, anonymous: /^[0-9a-f]{64}$/.test(source) } }
}

/** Whether a path is a folder or something in it. */
export function isWithin(path: string, folder: string): boolean {
  const below = posix.relative(folder, path)
  return below !== '..' && !below.startsWith('../')
}
