import { expect, test } from 'vitest'
import { createNews } from '../../../agent/daemon/news.ts'
import { createLog } from '../../../core/log.ts'
import { Secret } from '../../../core/secret.ts'
import { FakeClock } from '../../support/fake-clock.ts'

function bench() {
  const lines: string[] = []
  const clock = new FakeClock(0)
  const news = createNews(createLog({ sink: { write: (line) => lines.push(line.trimEnd()) } }), clock)
  return { lines, clock, news }
}

test('what is told is told to the log, and kept for those who ask later', () => {
  const { lines, clock, news } = bench()
  news.log.info('online')
  clock.jump(1_000)
  news.log.warn('it failed')
  expect(lines).toEqual(['online', 'warning: it failed'])
  expect(news.events).toEqual([
    { atMs: 0, text: 'online' },
    { atMs: 1_000, text: 'it failed' },
  ])
})

test('what is told once is kept once, and details for developers are not kept', () => {
  const { lines, news } = bench()
  news.log.once('warn', 'mind the gap')
  news.log.once('warn', 'mind the gap')
  news.log.debug('a stack trace')
  expect(lines).toEqual(['warning: mind the gap'])
  expect(news.events.map(({ text }) => text)).toEqual(['mind the gap'])
})

test('only the latest are kept, and no secret among them', () => {
  const { news } = bench()
  for (let number = 1; number <= 25; number++) news.log.info(`event ${number}`)
  news.log.error(`the token is ${new Secret('hunter2-hunter2').reveal()}`)
  expect(news.events).toHaveLength(20)
  expect(news.events[0]?.text).toBe('event 7')
  expect(news.events.at(-1)?.text).toBe('the token is [redacted]')
})
