import type { Json, JsonObject } from '../../../core/container-host.ts'

/** Parts of a body that a test wrote: what is not there is empty. */
export function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

export function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : []
}

export function textsOf(value: Json | undefined): string[] {
  return listOf(value).map(String)
}

export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
