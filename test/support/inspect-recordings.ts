import { readFileSync } from 'node:fs'
import type { RawContainer, RawImage } from '../../core/container-host.ts'
import { rawContainer, rawImage } from '../../core/docker/host/answers.ts'

/** What Docker Engine 20.10 answered to inspect (test/support/record-inspect.ts). Each call gives a copy of its own. */
export function recorded(name: string): RawContainer {
  return rawContainer.parse(read(name))
}

/** The images that the recorded containers were made from, and the one that comes after `old`. */
export function recordedImage(name: 'old' | 'new' | 'bare'): RawImage {
  return rawImage.parse(images()[name])
}

/** The id of the container that some of the recorded ones lean on; its name is `rec-other`. */
export function recordedNeighbour(): string {
  return String(images().other)
}

function images(): Record<string, unknown> {
  return read('images') as Record<string, unknown>
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/inspect/${name}.json`, import.meta.url), 'utf8'))
}
