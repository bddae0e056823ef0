import { expect, it } from 'vitest'
import { startChild } from '../support/child.ts'

it('the nursery of a heap that is kept small does not grow with the work, as it would otherwise', async () => {
  const megabytes = async (how: string) => Number(await startChild('make-garbage', how).line())
  expect(await megabytes('small')).toBeLessThanOrEqual(8)
  expect(await megabytes('as usual')).toBeGreaterThan(16)
})
