import { expect, test } from 'vitest'
import { run } from '../../../core/process.ts'
import { cutoverBench, killing } from '../support/cutover-bench.ts'
import { type LoadReport, startLoad } from '../support/load.ts'

const perSecond = 80

test('20 cutovers under load lose no request, and the same load sees what kill-first loses', async () => {
  const bench = await cutoverBench()
  let serving = await bench.served()
  const load = startLoad(bench.url, perSecond)
  for (let round = 1; round <= 20; round++) {
    const next = await bench.backend(`round-${round}`)
    const { status, log } = await bench.run({ newBackends: [next.address], stopCommand: killing(serving) })
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(serving.isAlive()).toBe(false)
    serving = next
  }
  const report = await load.stop()
  tell('20 cutovers', report)

  // The same load, the same nginx, the same kinds of request: the old one is killed, and then another one started.
  const control = startLoad(bench.url, perSecond)
  await new Promise((resolve) => setTimeout(resolve, 500))
  await serving.kill()
  const next = await bench.backend('control')
  await run(['sed', '-i', `s/${serving.address}/${next.address}/`, bench.configFile], { timeoutMs: 5000 })
  await bench.reload()
  await new Promise((resolve) => setTimeout(resolve, 500))
  const lost = await control.stop()
  tell('control: kill first, then reload', lost)

  expect(report.failures).toEqual([])
  expect(report.backends).toHaveLength(21)
  expect(report.sent).toBeGreaterThan(perSecond * 20)
  expect(lost.failures.length).toBeGreaterThan(0)
}, 480_000)

function tell(what: string, { sent, failures, repeated, slowestGapMs, slowestMs }: LoadReport): void {
  process.stdout.write(
    `cutover proof, ${what}: ${sent} requests sent, ${failures.length} failed, ${repeated} repeated by the client, ` +
      `slowest gap ${Math.round(slowestGapMs)} ms, slowest answer ${Math.round(slowestMs)} ms\n`,
  )
}
