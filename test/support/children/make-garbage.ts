import { getHeapSpaceStatistics } from 'node:v8'
import { keepHeapSmall } from '../../../core/heap.ts'

/** Makes much garbage, with the heap kept small or not, and prints the MB that the nursery took at last. */
const [isKeptSmall] = process.argv.slice(2)
if (isKeptSmall === 'small') keepHeapSmall()
let kept: number[][] = []
for (let round = 0; round < 200_000; round++) {
  if (kept.length > 2_000) kept = []
  kept.push(new Array(100).fill(round))
}
const nursery = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
process.stdout.write(`${(nursery?.space_size ?? 0) / 2 ** 20}\n`)
