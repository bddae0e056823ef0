/** Who did not answer: people look for the cause in different places. */
export type Side = 'controller' | 'engine'

const engineFailures = new WeakSet<object>()

/** Remembers of a failure that it was the container engine's. */
export async function ofEngine<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Error) engineFailures.add(error)
    throw error
  }
}

/** Whose failure it was; the controller's unless it is known to be the engine's. */
export function sideOf(error: unknown): Side {
  return error instanceof Error && engineFailures.has(error) ? 'engine' : 'controller'
}
