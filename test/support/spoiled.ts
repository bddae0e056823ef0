/**
 * The same object, but calls of its asynchronous methods may fail: `decide` is told the name of each and says whether it
 * is refused before it has any effect, or has its effect and loses the answer.
 */
export function spoiled<T extends object>(
  real: T,
  error: Error,
  decide: (method: string) => 'before' | 'after' | undefined,
): T {
  return new Proxy(real, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      return async (...words: unknown[]) => {
        const when = decide(String(key))
        if (when === 'before') throw error
        const answer: unknown = await value.apply(target, words)
        if (when === 'after') throw error
        return answer
      }
    },
  })
}
