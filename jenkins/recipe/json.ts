import type { Json, JsonObject } from '../../core/container-host.ts'

/** Parts of the engine's answers: what is null, absent or of another kind is empty. */
export function asObject(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

export function asArray(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : []
}

export function asTexts(value: Json | undefined): string[] {
  return asArray(value).filter((item) => typeof item === 'string')
}

export function asText(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** Whether there is something in it: null, '', 0, false, [] and {} are all ways of the engine to say "not set". */
export function isSet(value: Json | undefined): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value)
}

/** The properties that are set. */
export function onlySet(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => isSet(value)))
}
