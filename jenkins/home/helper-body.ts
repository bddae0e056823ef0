import type { JsonObject, RawImage } from '../../core/container-host.ts'
import { UserError } from '../../core/errors.ts'
import type { HomePlaces } from './home.ts'

export interface HelperMounts {
  places: HomePlaces
  /** Whether the home is to be written; else it is mounted so that nothing can. */
  changesHome: boolean
  /** A volume for a copy of the home. */
  target?: string
}

/** What becoming root in a container needs to keep owners, modes and attributes of anybody's files, and no more. */
const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'MKNOD', 'SETFCAP']

/** Ends by itself when nothing has been run in it for half an hour: then footman was killed. */
const waiting = `
idle=0
while ((idle < 180)); do
  sleep 10
  processes=(/proc/[0-9]*)
  if ((\${#processes[@]} > 1)); then idle=0; else idle=$((idle + 1)); fi
done`

/**
 * What to create a helper container of: it does nothing but wait for programs to be run in it, has no network, and sees the home
 * and the backups. Throws UserError when one place lies within the other.
 */
export function helperBody(
  image: RawImage,
  labels: Record<string, string>,
  { places, changesHome, target }: HelperMounts,
): JsonObject {
  refuseNesting(places)
  const { home, store } = places
  const mounts: JsonObject[] = [mount(home, '/home-of-jenkins', { ReadOnly: !changesHome })]
  if (target !== undefined) mounts.push(mount(target, '/target'))
  // Only the older way of naming a mount makes a folder that is missing, and it cannot write a colon.
  const binds = store.includes(':') ? [] : [`${store}:/store`]
  if (binds.length === 0) mounts.push(mount(store, '/store'))
  return {
    Image: image.Id,
    Entrypoint: ['bash', '-c'],
    Cmd: [waiting],
    User: '0:0',
    WorkingDir: '/',
    Labels: labels,
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      AutoRemove: true,
      Binds: binds,
      CapAdd: capabilities,
      CapDrop: ['ALL'],
      Mounts: mounts,
      NetworkMode: 'none',
      PidsLimit: 1024,
      // Where SELinux guards folders of this machine, they carry the label of the controller's container.
      SecurityOpt: ['no-new-privileges', 'label=disable'],
      Tmpfs: volumesOf(image),
    },
  }
}

function mount(source: string, target: string, more: JsonObject = {}): JsonObject {
  const bind = source.startsWith('/')
  const options: JsonObject = bind ? {} : { VolumeOptions: { NoCopy: true } }
  return { Type: bind ? 'bind' : 'volume', Source: source, Target: target, ...options, ...more }
}

/** Something in memory at every place where the image wants a volume, or the engine would make one each time. */
function volumesOf(image: RawImage): JsonObject {
  const { Volumes } = image.Config
  return Object.fromEntries(
    Object.keys((Volumes as JsonObject | null | undefined) ?? {}).map((path) => [path, '']),
  )
}

function refuseNesting({ home, store }: HomePlaces): void {
  const within = (inner: string, outer: string) =>
    outer.startsWith('/') && `${inner.replace(/\/*$/, '/')}`.startsWith(outer.replace(/\/*$/, '/'))
  if (!within(home, store) && !within(store, home)) return
  throw new UserError(`the home at ${home} and its backups at ${store} must not lie within each other`, {
    hint: 'let the setting for backups name another folder or volume',
  })
}
