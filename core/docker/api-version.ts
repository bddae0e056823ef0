import { UserError } from '../errors.ts'
import type { VersionAnswer } from './answers.ts'

/** The newest version of the Docker Engine API whose documentation this code was held against. */
const newest = '1.51'
/** Docker 20.10 and Podman 4: the oldest that limit, harden and label containers as we need it. */
const oldest = '1.41'

/** The API version to speak, e.g. `v1.47`: the newest that both sides know. Throws UserError when there is none. */
export function chooseApiVersion(engine: VersionAnswer, host: string): string {
  if (isOlder(engine.ApiVersion, oldest)) {
    throw new UserError(
      `the container engine at ${host} is too old: version ${engine.Version} speaks API ${engine.ApiVersion}, needed is ${oldest}`,
      { hint: 'upgrade it to Docker 20.10 or Podman 4, or newer' },
    )
  }
  // An engine also stops speaking old versions: Docker 29 refuses everything below 1.44.
  if (isOlder(newest, engine.MinAPIVersion)) {
    throw new UserError(
      `the container engine at ${host} is too new: version ${engine.Version} speaks only API ${engine.MinAPIVersion} and later`,
      { hint: 'upgrade footman' },
    )
  }
  return `v${isOlder(engine.ApiVersion, newest) ? engine.ApiVersion : newest}`
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [thanMajor = 0, thanMinor = 0] = than.split('.').map(Number)
  return major < thanMajor || (major === thanMajor && minor < thanMinor)
}
