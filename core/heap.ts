import { setFlagsFromString } from 'node:v8'

/**
 * Tells V8 to prefer a small heap to a quick one, for a program that mostly waits: what it took for a moment's work it would
 * else keep for minutes. Garbage is collected once the heap has grown by a third, and the nursery, where objects are made, stays
 * as large as it begins, at 1 MB instead of up to 16. Both flags are read whenever the heap is about to grow (v8/v8
 * src/heap/heap.cc and new-spaces.cc); Node.js 20, 22 and 24 know them.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--optimize-for-size')
  setFlagsFromString('--semi-space-growth-factor=1')
}
