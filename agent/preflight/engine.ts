import type { ContainerEngine, EngineInfo } from '../../core/container-engine.ts'
import { formatSize } from '../../core/units.ts'
import { isAllowedImage } from '../containers/image-policy.ts'
import type { Transport } from '../transports/transport.ts'
import { attempt, type CheckOutcome, type Checks, fail, failure, ok, skipped, warn } from './check.ts'
import type { PreflightOptions } from './options.ts'

export interface EngineSetting {
  /** Of the controller, when that is known. */
  version: string | undefined
  /** How agents connect, when that is known. */
  transport: Pick<Transport, 'agentsDial' | 'title'> | undefined
}

/** Whether containers can run here, are held to their limits, reach the controller, and have their images. */
export async function* checkEngine(
  options: PreflightOptions,
  { version, transport }: EngineSetting,
): Checks<void> {
  const { engine, signal } = options
  const info = await attempt(signal, () => {
    if (engine instanceof Error) throw engine
    return engine.info(signal)
  })
  if ('error' in info || engine instanceof Error) {
    const error = 'error' in info ? info.error : engine
    yield failure('engine', error, 'start Docker, or name another engine with DOCKER_HOST')
    for (const name of ['limits', 'way back', 'images']) yield skipped(name, 'there is no container engine')
    return
  }
  yield checkInfo(info.value)
  yield checkLimits(info.value)
  yield transport?.agentsDial === false
    ? ok('way back', `not needed: the controller comes to the agents over ${transport.title}`)
    : checkWayBack(info.value, options)
  yield* checkImages(engine, info.value, { options, version })
}

function checkInfo({ name, version, os, arch }: EngineInfo): CheckOutcome {
  if (os === 'linux' || name === plainProcesses) return ok('engine', `${name} ${version} (${os}/${arch})`)
  return fail('engine', `${name} runs ${os} containers`, 'switch it to Linux containers')
}

/** Stands in for an engine where there is none. */
const plainProcesses = 'plain processes'

function checkLimits({ enforces, rootless, name }: EngineInfo): CheckOutcome {
  const missing = Object.entries(enforces)
    .filter(([, isEnforced]) => !isEnforced)
    .map(([limit]) => limit)
  if (missing.length === 0)
    return ok('limits', 'the engine holds containers to their CPUs, memory and processes')
  const cure = rootless
    ? 'delegate the controllers to your user: https://rootlesscontaine.rs/getting-started/common/cgroup2/'
    : 'boot with control groups version 2; on a Raspberry Pi with cgroup_enable=memory'
  return warn(
    'limits',
    `${name} does not enforce limits of ${missing.join(', ')}: a build may take it all`,
    cure,
  )
}

/** A container's localhost is the container itself. */
function checkWayBack({ name }: EngineInfo, { config }: PreflightOptions): CheckOutcome {
  const url = new URL(config.controller.agentUrl ?? config.controller.url)
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  const isInside = config.templates.some(({ network }) => network !== 'host')
  if (!isLoopback || !isInside || name === plainProcesses)
    return ok('way back', `agents connect to ${url.href}`)
  const other = new URL(url)
  other.hostname = 'host.docker.internal'
  return fail(
    'way back',
    `from inside a container, ${url.hostname} is the container itself and not this machine`,
    `set controller.agentUrl: ${other.href}, and on Linux templates[].extraHosts: ["host.docker.internal:host-gateway"]`,
  )
}

interface ImageContext {
  options: PreflightOptions
  version: string | undefined
}

async function* checkImages(engine: ContainerEngine, info: EngineInfo, context: ImageContext): Checks<void> {
  const { config, defaultImage } = context.options
  const { version } = context
  if (version === undefined && config.templates.some(({ image }) => image === undefined)) {
    yield skipped('default image', 'it depends on the version of the controller')
  }
  const images = config.templates.map(
    ({ image }) => image ?? (version === undefined ? undefined : defaultImage(version)),
  )
  for (const image of new Set(images)) {
    if (image !== undefined) yield await checkImage(image, { engine, info, options: context.options })
  }
}

async function checkImage(
  image: string,
  { engine, info, options }: { engine: ContainerEngine; info: EngineInfo; options: PreflightOptions },
): Promise<CheckOutcome> {
  const { config, pull, signal, onProgress = () => undefined } = options
  const name = `image ${image}`
  if (!isAllowedImage(image, config.images.allow)) {
    return fail(name, 'it is not among the images that may run here', `add ${image} to images.allow`)
  }
  const cure = `try it by hand: docker pull ${image}`
  const found = await attempt(signal, async () => {
    const here = await engine.image(image, signal)
    if (here || config.images.pull === 'never' || !pull) return here
    await engine.pull(image, onProgress, signal)
    return await engine.image(image, signal)
  })
  if ('error' in found) return failure(name, found.error, cure)
  if (!found.value && config.images.pull === 'never') {
    return fail(
      name,
      'it is not on this machine',
      `fetch it (docker pull ${image}), or set images.pull: missing`,
    )
  }
  if (!found.value)
    return warn(
      name,
      'it is not on this machine yet',
      `the first build waits for it; fetch it before: docker pull ${image}`,
    )
  const { os, arch, sizeBytes } = found.value
  if (arch !== '' && arch !== info.arch) {
    const what = `it is made for ${os}/${arch}, the engine runs ${info.os}/${info.arch}`
    return warn(
      name,
      `${what}: emulated it is slow, if it runs at all`,
      'name an image for this architecture in templates[].image',
    )
  }
  return ok(name, `here, ${formatSize(sizeBytes)}`)
}
