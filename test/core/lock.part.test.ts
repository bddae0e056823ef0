import { it } from 'vitest'
import { contest } from '../support/lock-contest.ts'

it('is never shared by many processes in a long contest with many kills', async () => {
  await contest({ processes: 10, kills: 60, replace: true })
})
