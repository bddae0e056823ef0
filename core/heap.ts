import { setFlagsFromString } from 'node:v8'

/**
 * Keeps the nursery of V8's heap, where new objects are made, as small as it begins: 1 MB instead of up to 16. For a program
 * that mostly waits: it gains nothing by a larger one, and what it took for a moment's work it would keep for minutes.
 * The flag is read whenever the nursery is about to grow (v8/v8 src/heap/new-spaces.cc); Node.js 20, 22 and 24 have it.
 */
export function keepNurserySmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
