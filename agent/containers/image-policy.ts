import { UserError } from '../../core/errors.ts'

/** An image reference in its parts: `docker.io/library/maven`, `3`, `sha256:…`. */
interface Reference {
  repository: string
  tag: string | undefined
  digest: string | undefined
}

/** Throws UserError, with the line to add, when the owner of this machine does not let the image run here. */
export function requireAllowedImage(image: string, allow: readonly string[]): void {
  if (isAllowedImage(image, allow)) return
  const current = allow.length > 0 ? allow.join(', ') : 'nothing'
  throw new UserError(`the image ${image} may not run on this machine: images.allow holds ${current}`, {
    hint: `if you trust it, add ${JSON.stringify(image)} to images.allow`,
  })
}

/**
 * Whether a pattern of the owner's list covers an image. Both are read as container engines read references
 * (distribution/reference normalize.go), so `maven` and `docker.io/library/maven:latest` are one image; `*` stands
 * for any text. A pattern with a plain tag does not cover a digest: a pinned image is something else than what the
 * tag names.
 */
export function isAllowedImage(image: string, allow: readonly string[]): boolean {
  const reference = parseReference(image)
  return allow.some((pattern) => covers(pattern, reference))
}

function covers(pattern: string, image: Reference): boolean {
  const allowed = parseReference(pattern)
  if (!matches(allowed.repository, image.repository)) return false
  if (allowed.digest !== undefined) return image.digest !== undefined && matches(allowed.digest, image.digest)
  // `team/*` means everything of the team, whatever its tag.
  const tag = allowed.tag ?? (pattern.endsWith('*') ? '*' : 'latest')
  if (tag === '*') return true
  return image.digest === undefined && matches(tag, image.tag ?? 'latest')
}

function parseReference(text: string): Reference {
  const [, name = text, tag, digest] = /^(.+?)(?::([^/:@]+))?(?:@(.+))?$/.exec(text) ?? []
  return { repository: fullName(name), tag, digest }
}

/** With registry, and with `library` where Docker Hub's own images leave it out. */
function fullName(name: string): string {
  const [first = '', ...rest] = name.split('/')
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  if (isRegistry) {
    const registry = first.toLowerCase().replace(/^index\.docker\.io$/, 'docker.io')
    const isShort = registry === 'docker.io' && rest.length === 1 && rest[0] !== '*'
    return [registry, ...(isShort ? ['library'] : []), ...rest].join('/')
  }
  if (first.startsWith('*')) return name
  return rest.length > 0 ? `docker.io/${name}` : `docker.io/library/${name}`
}

function matches(pattern: string, text: string): boolean {
  const shape = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${shape.join('.*')}$`, 's').test(text)
}
