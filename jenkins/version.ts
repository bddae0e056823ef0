/** Versions of the controller, as `X-Jenkins` spells them: `2.498`, `2.479.1`, `2.504.3-SNAPSHOT`. */
export interface Version {
  numbers: readonly number[]
  /** A build on the way to that version: a snapshot or a release candidate. */
  isPreview: boolean
}

/** The version in a text, or undefined when the text does not start with one. */
export function parseVersion(text: string): Version | undefined {
  const match = /^(\d+(?:\.\d+)+)(?:-(.+))?$/.exec(text.trim())
  if (!match?.[1]) return undefined
  const suffix = match[2] ?? ''
  return {
    numbers: match[1].split('.').map(Number),
    isPreview: /^(SNAPSHOT|rc|alpha|beta)/i.test(suffix),
  }
}

/**
 * Negative when `a` is older than `b`, 0 when equal, positive when newer. A long-term line sorts right after the weekly
 * release it branched from, so one comparison serves both: 2.479 < 2.479.1 < 2.480. What is no version is older than all.
 */
export function compareVersions(a: string, b: string): number {
  const left = parseVersion(a)
  const right = parseVersion(b)
  if (!left || !right) return Number(Boolean(left)) - Number(Boolean(right))
  const length = Math.max(left.numbers.length, right.numbers.length)
  for (let i = 0; i < length; i++) {
    const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0)
    if (difference !== 0) return difference
  }
  return Number(right.isPreview) - Number(left.isPreview)
}

/**
 * The Java that an agent of this controller needs: agents load the controller's classes, so never less than its own minimum.
 * Java 17 since 2.463, 21 since 2.545 (jenkinsci/jenkins war/.../executable/Main.java). An unknown version gets the newest,
 * which also serves older controllers.
 */
export function javaFor(version: string): 17 | 21 {
  if (!parseVersion(version)) return 21
  return compareVersions(version, '2.545') >= 0 ? 21 : 17
}

/**
 * Whether the controller's agent.jar knows `-noReconnectAfter`: remoting 3241 and newer. Jenkins carries at least remoting 3248
 * since 2.462; it may do so a few weekly releases earlier, where the agent is simply started without the option.
 */
export function supportsNoReconnectAfter(version: string): boolean {
  return compareVersions(version, '2.462') >= 0
}
