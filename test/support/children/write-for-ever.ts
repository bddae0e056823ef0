import { writeFileAtomic } from '../../../core/atomic-write.ts'

/** Replaces the file again and again with a number and so many copies of its last digit, until killed. */
const [path = ''] = process.argv.slice(2)
for (let i = 0; ; i++) {
  await writeFileAtomic(path, `${i}\n${String(i % 10).repeat(100_000)}\n`)
  if (i === 0) console.log('writing')
}
