import { acquireLock } from '../../../core/lock.ts'

/** Takes every lock that is named and keeps them all until its input ends. */
const locks = await Promise.all(
  process.argv.slice(2).map((path) => acquireLock(path, { purpose: 'holding', command: 'footman hold' })),
)
console.log('held')
process.stdin.resume()
process.stdin.once('end', () => locks.map((lock) => lock.release()))
