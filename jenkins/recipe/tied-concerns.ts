import type { RawContainer } from '../../core/container-host.ts'
import { homeMountOf } from './home-mount.ts'
import { asText, asTexts } from './json.ts'
import type { Concern } from './recipe.ts'

/** What other containers have to do with this one, so that they notice when it is replaced. Pure. */
export function tiedConcerns(container: RawContainer, others: readonly RawContainer[]): Concern[] {
  return others
    .filter(({ Id, State }) => Id !== container.Id && State.Running === true)
    .flatMap((other) => [...sharing(container, other), ...atHome(container, other)])
}

/** A container that has joined the name spaces of one that is gone keeps a network without anybody in it. */
function sharing(container: RawContainer, { Name, HostConfig }: RawContainer): Concern[] {
  const { NetworkMode, IpcMode, PidMode } = HostConfig
  const names = [container.Id, container.Name.slice(1)].map((name) => `container:${name}`)
  const isJoined = [NetworkMode, IpcMode, PidMode].some((mode) => names.includes(asText(mode)))
  const own = container.Name.slice(1)
  const isFed = asTexts(HostConfig.VolumesFrom).some((from) => from.split(':')[0] === own)
  if (!isJoined && !isFed) return []
  const name = Name.slice(1)
  return [
    {
      severity: 'warn',
      message: isJoined
        ? `${name} shares the network or the processes of this container, and stays with the old one`
        : `${name} has the volumes of this container (--volumes-from)`,
      hint: `make ${name} again afterwards`,
    },
  ]
}

function atHome(container: RawContainer, { Name, Mounts }: RawContainer): Concern[] {
  const home = homeMountOf(container)
  if (!home) return []
  const isThere = Mounts.some(
    ({ Type, Name: volume, Source, RW }) =>
      RW !== false && Type === home.kind && (home.kind === 'volume' ? volume : Source) === home.source,
  )
  if (!isThere) return []
  const name = Name.slice(1)
  return [
    {
      severity: 'warn',
      message: `${name} runs as well, and may write to the same home: what it writes meanwhile may be lost`,
      hint: `stop ${name} for the upgrade, or give it the home read-only`,
    },
  ]
}
