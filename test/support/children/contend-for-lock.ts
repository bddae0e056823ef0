import { appendFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { acquireLock } from '../../../core/lock.ts'

/**
 * Takes the lock again and again until killed. While it has the lock it binds a port, which the system gives to one
 * process at a time and takes back in the moment of death: a second holder would find the port taken and say so.
 */
const [path = '', port = '', log = ''] = process.argv.slice(2)
/** Impatient, so that the contest is hard. */
const clock = { now: Date.now, sleep: () => delay(3) }
console.log('ready')
for (;;) {
  const lock = await acquireLock(path, { purpose: 'contending', waitMs: 60_000, clock })
  const witness = createServer()
  await new Promise<void>((resolve) => {
    witness.once('error', () => {
      appendFileSync(log, `two holders: ${process.pid}\n`)
      process.exit(1)
    })
    witness.listen({ port: Number(port), host: '127.0.0.1', exclusive: true }, resolve)
  })
  appendFileSync(log, `held by ${process.pid}\n`)
  await delay(Math.random() * 4)
  await new Promise((resolve) => witness.close(resolve))
  await lock.release()
}
