import type { JsonObject } from '../../core/container-host.ts'
import { pairsOf } from './config-options.ts'
import { asObject, asText, isSet } from './json.ts'

/** One entry of HostConfig.Mounts as `docker create --mount` takes it: CSV (docker/cli opts/mount.go). Pure. */
export function mountOption(mount: JsonObject): string {
  const bind = asObject(mount.BindOptions)
  const volume = asObject(mount.VolumeOptions)
  const tmpfs = asObject(mount.TmpfsOptions)
  const driver = asObject(volume.DriverConfig)
  const one = (name: string, value: JsonObject[string]) => (isSet(value) ? [`${name}=${value}`] : [])
  const flag = (name: string, value: JsonObject[string]) => (value === true ? [name] : [])
  const fields = [
    `type=${asText(mount.Type)}`,
    ...one('source', mount.Source),
    ...one('target', mount.Target),
    ...flag('readonly', mount.ReadOnly),
    ...one('consistency', mount.Consistency),
    ...one('bind-propagation', bind.Propagation),
    ...flag('bind-nonrecursive', bind.NonRecursive),
    ...flag('volume-nocopy', volume.NoCopy),
    ...one('volume-subpath', volume.Subpath),
    ...pairsOf(asObject(volume.Labels)).map((pair) => `volume-label=${pair}`),
    ...one('volume-driver', driver.Name),
    ...pairsOf(asObject(driver.Options)).map((pair) => `volume-opt=${pair}`),
    ...one('tmpfs-size', tmpfs.SizeBytes),
    ...(isSet(tmpfs.Mode) ? [`tmpfs-mode=${Number(tmpfs.Mode).toString(8)}`] : []),
  ]
  return fields.map(csv).join(',')
}

function csv(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}
