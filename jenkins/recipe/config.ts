import { isDeepStrictEqual } from 'node:util'
import type { Json, JsonObject, RawContainer, RawImage } from '../../core/container-host.ts'
import { homePathOf } from './home-mount.ts'
import { asObject, asText, asTexts, isSet, onlySet } from './json.ts'
import { portsOf } from './ports.ts'

interface ConfigParts {
  container: RawContainer
  oldImage: RawImage
  newImage: RawImage
  reference: string
}

/** The part of a create body that is not HostConfig or networks: what differs from the old image. Pure. */
export function configOf({ container, oldImage, newImage, reference }: ConfigParts): JsonObject {
  const { Config } = container
  const image = oldImage.Config
  const rest = Object.fromEntries(Object.entries(Config).filter(([key]) => !seenTo.has(key)))
  return {
    ...onlySet(rest),
    ...onlySet({
      User: unless(Config.User, image.User),
      WorkingDir: unless(Config.WorkingDir, image.WorkingDir),
      StopSignal: unless(Config.StopSignal, image.StopSignal),
      Shell: unless(Config.Shell, image.Shell),
      OnBuild: unless(Config.OnBuild, image.OnBuild),
      Healthcheck: without(asObject(Config.Healthcheck), asObject(image.Healthcheck)),
      Volumes: without(asObject(Config.Volumes), asObject(image.Volumes)),
      ExposedPorts: {
        ...without(asObject(Config.ExposedPorts), asObject(image.ExposedPorts)),
        // The engine publishes no port that is not exposed, and the new image may expose others.
        ...Object.fromEntries(Object.keys(portsOf(container)).map((port) => [port, {}])),
      },
      Labels: withoutOurs(without(asObject(Config.Labels), asObject(image.Labels))),
      Env: envOf(container, oldImage, newImage),
      ...hostnameOf(container),
      ...macAddressOf(container),
    }),
    // None at all is a grace, too.
    ...(typeof Config.StopTimeout === 'number' && { StopTimeout: Config.StopTimeout }),
    ...programOf(Config, image),
    Image: reference,
  }
}

const seenTo = new Set([
  ...['User', 'WorkingDir', 'StopSignal', 'Shell', 'OnBuild', 'Healthcheck', 'Volumes', 'ExposedPorts'],
  ...['Labels', 'Env', 'Hostname', 'Domainname', 'MacAddress', 'Entrypoint', 'Cmd', 'ArgsEscaped', 'Image'],
])

function unless(value: Json | undefined, default_: Json | undefined): Json | undefined {
  return isDeepStrictEqual(value, default_) ? undefined : value
}

/** Properties that differ. In a health check the engine fills what is missing from the new image, one by one. */
function without(object: JsonObject, defaults: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([key, value]) => !isDeepStrictEqual(value, defaults[key])),
  )
}

/** The next container gets labels of its own transaction. */
function withoutOurs(labels: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !key.startsWith('footman.')))
}

function envOf(container: RawContainer, oldImage: RawImage, newImage: RawImage): string[] {
  const defaults = new Set(asTexts(oldImage.Config.Env))
  const env = asTexts(container.Config.Env).filter((pair) => !defaults.has(pair))
  const isNamed = env.some((pair) => pair.startsWith('JENKINS_HOME='))
  const home = homePathOf(container)
  const newHome = homePathOf({ ...container, Config: newImage.Config })
  // The mount stays where it is, whatever the new image thinks.
  return isNamed || newHome === home ? env : [...env, `JENKINS_HOME=${home}`]
}

/**
 * Entry point and command. With an entry point of its own a container gets no command from its image (moby daemon/commit.go, merge), so
 * an own one stays even if it is the same when the image's command is missing.
 */
function programOf(config: JsonObject, image: JsonObject): JsonObject {
  const entrypoint = asTexts(config.Entrypoint)
  const command = asTexts(config.Cmd)
  const imageCommand = asTexts(image.Cmd)
  const isOfImage =
    isDeepStrictEqual(entrypoint, asTexts(image.Entrypoint)) &&
    (command.length > 0 || imageCommand.length === 0)
  if (!isOfImage) return { ...(entrypoint.length > 0 && { Entrypoint: entrypoint }), ...cmd(command) }
  return isDeepStrictEqual(command, imageCommand) ? {} : cmd(command)
}

function cmd(command: string[]): JsonObject {
  return command.length > 0 ? { Cmd: command } : {}
}

/** The engine's own choice, the short id, is no setting; and with name spaces of others none may be given at all. */
function hostnameOf({ Id, Config, HostConfig }: RawContainer): JsonObject {
  const isShared = asText(HostConfig.NetworkMode).startsWith('container:') || HostConfig.UTSMode === 'host'
  if (isShared) return {}
  const isOwn = isSet(Config.Hostname) && Config.Hostname !== Id.slice(0, 12)
  return { ...(isOwn && { Hostname: asText(Config.Hostname) }), Domainname: asText(Config.Domainname) }
}

/** Engines before API 1.44 show one here only when a person gave it; in the networks they always show one. */
function macAddressOf({ Config, HostConfig }: RawContainer): JsonObject {
  const mode = asText(HostConfig.NetworkMode)
  return mode === 'host' || mode === 'none' || mode.startsWith('container:')
    ? {}
    : { MacAddress: asText(Config.MacAddress) }
}
