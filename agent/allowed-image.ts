/**
 * Whether the owner of this machine lets an image run here. In a pattern `*` stands for any text; everything else is
 * compared as it is written. An image without a tag means `latest`, and one without a registry Docker Hub, as
 * distribution/reference reads them, so that all spellings of one image are treated alike.
 */
export function isAllowedImage(image: string, patterns: readonly string[]): boolean {
  const spellings = spellingsOf(image)
  return patterns.some((pattern) => {
    const shape = new RegExp(`^${pattern.split('*').map(literally).join('.*')}$`)
    return spellings.some((spelling) => shape.test(spelling))
  })
}

function spellingsOf(image: string): string[] {
  const tagged = /(:[^/]+|@[^/]+)$/.test(image) ? image : `${image}:latest`
  const short = tagged.replace(/^(?:index\.)?docker\.io\/(?:library\/)?/, '')
  const [first = ''] = short.split('/')
  const hasRegistry = short.includes('/') && (/[.:]/.test(first) || first === 'localhost')
  if (hasRegistry) return [image, tagged]
  const full = short.includes('/') ? `docker.io/${short}` : `docker.io/library/${short}`
  return [image, tagged, short, full]
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
